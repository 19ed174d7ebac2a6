// SPDX-License-Identifier: GPL-3.0-or-later
#include "command.hpp"

#include "near_names.hpp"
#include "options.hpp"

#include <spacesail/io/file_descriptor.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <new>

namespace spacesail::cli {
namespace {

std::vector<command>& registry()
{
    static std::vector<command> commands;
    return commands;
}

volatile std::sig_atomic_t g_interrupted = 0;

void on_signal(int number)
{
    g_interrupted = 1;
    std::signal(number, SIG_DFL); // the second one ends the program
}

/// \brief Fills standard descriptors that came closed with such as cannot be used.
///
/// Else the first file opened would be taken for standard output and the summary written into it.
void occupy_standard_descriptors()
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest free number is fd. Reading from it, writing to it fails as it did before.
        if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
    }
}

/// One line: what CLI11 says may hold several.
std::string one_line(std::string text)
{
    std::replace(text.begin(), text.end(), '\n', ' ');
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

/// What is wrong with the first argument that nothing took, and what may have been meant.
std::string not_expected(const CLI::App& app)
{
    const auto commands = app.get_subcommands();
    const CLI::App& where = commands.empty() ? app : *commands.front();
    const auto rest = app.remaining(true);
    const auto first =
        std::find_if(rest.begin(), rest.end(), [](const std::string& word) { return word.starts_with("--"); });
    std::string word = first != rest.end() ? *first : rest.empty() ? "" : rest.front();
    std::vector<std::string> names;
    std::string is;
    if (word.starts_with("-")) {
        word = word.substr(0, word.find('='));
        is = "no option";
        for (const CLI::Option* o : where.get_options()) {
            for (const auto& name : o->get_lnames()) names.push_back("--" + name);
        }
    } else if (commands.empty()) {
        is = "no command";
        for (const auto& c : registered_commands()) names.emplace_back(c.name);
        names.emplace_back("--help");
    } else {
        is = "one argument too many";
    }
    const auto near = near_names(word, names, 3);
    return fmt::format("{}: {}{}; see spacesail {}--help",
                       word,
                       is,
                       near.empty() ? "" : fmt::format(", did you mean {}?", fmt::join(near, " or ")),
                       commands.empty() ? "" : where.get_name() + " ");
}

int complain(const std::string& who, const std::string& what, exit_code code)
{
    fmt::print(stderr, "{}: {}\n", who, one_line(what));
    return static_cast<int>(code);
}

} // namespace

command_registration::command_registration(const command& c) { registry().push_back(c); }

std::vector<command> registered_commands()
{
    auto commands = registry();
    std::sort(commands.begin(), commands.end(), [](const command& a, const command& b) { return a.order < b.order; });
    return commands;
}

void session::claim_stdout(const std::string& what)
{
    if (json_file == "-")
        throw usage_error{ "--json -: standard output carries the data of " + what + "; give --json a file" };
    if (d_data_on_stdout) throw usage_error{ what + " -: standard output carries other data; give a file" };
    d_data_on_stdout = true;
}

void session::say(const std::string& line) const
{
    if (!quiet) fmt::print(text_output(), "{}\n", line);
}

void session::warn(const std::string& line) const { fmt::print(stderr, "warning: {}\n", line); }

void session::write_json(const nlohmann::json& summary) const
{
    if (json_file.empty()) return;
    const std::string text = summary.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    auto file = io::file_descriptor::open_to_write(json_file);
    std::size_t written = 0;
    const auto done =
        file ? file->write_all(std::as_bytes(std::span(text)), json_file, written) : result<ok_t>(file.error());
    if (!done) throw run_error{ "--json " + done.error().message };
}

bool session::interrupted() noexcept { return g_interrupted != 0; }

int run_program(int argc, const char* const* argv)
{
    // A reader that ends early (head, a closed pipe) is an error of write(), which is reported, not a silent end.
    occupy_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);

    CLI::App app("spacesail: user-terminal software radio for broadband satellites in low Earth orbit");
    app.name("spacesail");
    app.set_version_flag("--version", std::string("spacesail " SPACESAIL_VERSION));
    app.footer("Numbers take SI suffixes (2M, 12.7G). Times are ISO 8601 UTC. A site is LAT,LON,HEIGHT_M.\n"
               "IQ is a SigMF recording, a raw file with --format and --rate, or - for a pipe.\n"
               "Exit status: 0 done, 1 ran but failed, 2 wrong usage or unreadable input.\n"
               "'spacesail COMMAND --help' tells the options of a command.");

    app.require_subcommand(0, 1);

    session s;
    command_run run;
    for (const command& c : registered_commands()) {
        CLI::App* sub = app.add_subcommand(c.name, c.summary);
        command_run this_run = c.declare(*sub);
        if (sub->get_description() != c.summary) { // --help of the command says more than the list of commands
            const std::string more = sub->get_description();
            sub->description(c.summary);
            sub->preparse_callback([sub, more](std::size_t) { sub->description(more); });
        }
        add_output_file(
            *sub, "--json", s.json_file, "FILE|-", "Write a machine-readable summary to a file, - for standard output");
        sub->add_flag("-q,--quiet", s.quiet, "Print errors and warnings only");
        sub->footer(std::string("Example:\n  ") + c.example);
        sub->callback([&run, this_run] { run = this_run; });
    }

    const auto who = [&app] {
        std::string names = "spacesail";
        for (const CLI::App* sub : app.get_subcommands()) names.append(" ").append(sub->get_name());
        return names;
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& e) {
        return app.exit(e);
    } catch (const CLI::CallForAllHelp& e) {
        return app.exit(e);
    } catch (const CLI::CallForVersion& e) {
        return app.exit(e);
    } catch (const CLI::ExtrasError&) {
        return complain(who(), not_expected(app), exit_code::usage);
    } catch (const CLI::ParseError& e) {
        std::string what = e.what();
        if (what.find("; ") == std::string::npos) what += fmt::format("; see {} --help", who());
        return complain(who(), what, exit_code::usage);
    }
    if (!run) return complain(who(), "no command given; see spacesail --help", exit_code::usage);
    try {
        return static_cast<int>(run(s));
    } catch (const usage_error& e) {
        return complain(who(), e.message, exit_code::usage);
    } catch (const run_error& e) {
        return complain(who(), e.message, exit_code::failed);
    } catch (const std::bad_alloc&) {
        return complain(who(), "out of memory", exit_code::failed);
    } catch (const std::invalid_argument& e) {
        return complain(who(), e.what(), exit_code::usage);
    } catch (const std::exception& e) {
        return complain(who(), e.what(), exit_code::failed);
    }
}

} // namespace spacesail::cli
