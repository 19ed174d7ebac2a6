// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/sigmf.hpp>

#include <cstdio>

int main()
{
    const auto m = spacesail::io::parse_sigmf(R"({"global": {"core:datatype": "ci16_le"}})", "text");
    if (!m) return 1;
    std::printf("%s", spacesail::io::to_json(*m).c_str());
    return m->format == spacesail::io::sample_format::ci16 ? 0 : 1;
}
