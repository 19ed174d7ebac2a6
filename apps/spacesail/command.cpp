// SPDX-License-Identifier: GPL-3.0-or-later
#include "command.hpp"

#include "near_names.hpp"
#include "options.hpp"
#include "standard_output.hpp"

#include <spacesail/io/file_descriptor.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <sstream>

namespace spacesail::cli {
namespace {

std::vector<command>& registry()
{
    static std::vector<command> commands;
    return commands;
}

volatile std::sig_atomic_t g_interrupted = 0;
/// Whoever started the program had SIGPIPE ignored.
bool g_pipes_are_reported = false;

void on_signal(int number)
{
    g_interrupted = 1;
    std::signal(number, SIG_DFL); // the second one ends the program
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
    print_err(fmt::format("{}: {}\n", who, one_line(what)));
    return static_cast<int>(code);
}

/// As complain() of what failed to be written to standard output, but where its reader has ended (head) the program
/// ends as SIGPIPE ends it: without a word.
int complain_of_output(const std::string& who, const std::string& what)
{
    if (!g_pipes_are_reported && reader_has_ended()) {
        std::signal(SIGPIPE, SIG_DFL);
        std::raise(SIGPIPE);
    }
    return complain(who, what, exit_code::failed);
}

/// Help, version: what CLI11 prints to end the program with.
int print_and_end(const CLI::App& app, const CLI::Error& e)
{
    std::ostringstream out;
    const int code = app.exit(e, out, out);
    print_out(out.str());
    return code;
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
    if (quiet) return;
    if (text_output() == stdout) {
        print_out(line + "\n");
    } else {
        print_err(line + "\n");
    }
}

void session::warn(const std::string& line) const { print_err("warning: " + line + "\n"); }

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

namespace {

int run_command(int argc, const char* const* argv)
{
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
        return print_and_end(app, e);
    } catch (const CLI::CallForAllHelp& e) {
        return print_and_end(app, e);
    } catch (const CLI::CallForVersion& e) {
        return print_and_end(app, e);
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
        const bool carries_data = s.text_output() != stdout;
        return carries_data ? complain_of_output(who(), e.message) : complain(who(), e.message, exit_code::failed);
    } catch (const std::bad_alloc&) {
        return complain(who(), "out of memory", exit_code::failed);
    } catch (const std::invalid_argument& e) {
        return complain(who(), e.what(), exit_code::usage);
    } catch (const std::exception& e) {
        return complain(who(), e.what(), exit_code::failed);
    }
}

} // namespace

int run_program(int argc, const char* const* argv)
{
    occupy_standard_descriptors();
    // write() is to tell of a closed pipe: other outputs are to be finished first.
    g_pipes_are_reported = std::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    const int code = run_command(argc, argv);
    if (const auto finished = finish_standard_output(); !finished)
        return complain_of_output("spacesail", finished.error().message);
    return code;
}

} // namespace spacesail::cli
