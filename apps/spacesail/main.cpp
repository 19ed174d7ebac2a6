// SPDX-License-Identifier: GPL-3.0-or-later
#include "command.hpp"

int main(int argc, char** argv) { return spacesail::cli::run_program(argc, argv); }
