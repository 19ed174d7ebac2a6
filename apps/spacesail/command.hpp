// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace spacesail::cli {

/// How the program ends.
enum class exit_code {
    done = 0,   ///< did what was asked
    failed = 1, ///< ran, but the result is not what was asked for (no lock, nothing decoded)
    usage = 2   ///< wrong options or unreadable input
};

/// Ends a command with exit_code::usage. The message is one line that names option, value and remedy.
struct usage_error {
    std::string message;
};
/// Ends a command with exit_code::failed.
struct run_error {
    std::string message;
};

/// \brief What every command gets from its user: where the summary goes, whether to be quiet, and Ctrl-C.
class session
{
public:
    std::string json_file; ///< --json FILE, "-" for standard output, empty for none
    bool quiet = false;    ///< --quiet

    /// \brief Where text for people goes: standard output, or standard error where standard output carries data or
    /// JSON.
    ///
    /// A command that writes data to standard output calls claim_stdout() before it prints.
    std::FILE* text_output() const noexcept { return d_data_on_stdout || json_file == "-" ? stderr : stdout; }
    /// \brief Says that data go to standard output. Throws usage_error if other data or --json do already.
    /// \param[in] what  the option or argument that sends them there, for the message.
    void claim_stdout(const std::string& what);

    /// \brief Prints one line of the summary, unless --quiet.
    void say(const std::string& line) const;
    /// \brief Prints one warning line on standard error, also with --quiet.
    void warn(const std::string& line) const;
    /// \brief Writes the machine-readable summary to --json, if it was asked for. Throws run_error if the file cannot
    /// be written.
    void write_json(const nlohmann::json& summary) const;
    /// \brief Whether the user pressed Ctrl-C (or SIGTERM came): end soon and print the summary. A second one ends the
    /// program at once.
    static bool interrupted() noexcept;

private:
    bool d_data_on_stdout = false;
};

/// Runs a command whose options have been read.
using command_run = std::function<exit_code(session&)>;

/// \brief One subcommand.
struct command {
    int order;           ///< place in --help
    const char* name;    ///< as typed
    const char* summary; ///< one line of --help
    const char* example; ///< command line with which --help ends
    command_run (*declare)(
        CLI::App& app); ///< adds its options to `app`; what they are stored in lives in the returned function
};

/// The subcommands linked into the program, in the order of --help.
std::vector<command> registered_commands();

/// \brief Registers a command: `static const command_registration k_rx({ 10, "rx", ..., declare_rx });` in its file.
struct command_registration {
    explicit command_registration(const command& c);
};

/// \brief Reads the command line, runs one command, prints errors; the body of main().
int run_program(int argc, const char* const* argv);

} // namespace spacesail::cli
