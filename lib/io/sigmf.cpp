// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/io/sigmf.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <system_error>

namespace spacesail::io {
namespace {

using json = nlohmann::json;

constexpr std::size_t k_max_meta_bytes = std::size_t{ 256 } << 20;
/// Why a limit: writing a document back recurses, and a hostile one of a million brackets would end the stack.
constexpr int k_max_depth = 64;
constexpr double k_max_exact_integer = 9007199254740992.0; // 2^53

/// What is wrong with a document; thrown and caught inside this file only.
struct bad_document {
    error_code code;
    std::string message;
};

std::string shown(const json& v)
{
    std::string text = v.dump(-1, ' ', true, json::error_handler_t::replace);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    return text;
}

/// Takes known fields out of one JSON object; what is left is kept as text.
class object_reader
{
public:
    object_reader(json object, std::string where) : d_object(std::move(object)), d_where(std::move(where))
    {
        if (!d_object.is_object()) {
            throw bad_document{ error_code::parse,
                                d_where + " is " + shown(d_object) + ", not an object {...}; correct the metadata" };
        }
    }

    std::optional<json> take(const char* key)
    {
        const auto it = d_object.find(key);
        if (it == d_object.end()) return std::nullopt;
        json v = std::move(*it);
        d_object.erase(it);
        return v;
    }
    std::string take_text(const char* key)
    {
        const auto v = take(key);
        if (!v || v->is_null()) return {};
        if (!v->is_string()) refuse(key, *v, "a text in quotes");
        return v->get<std::string>();
    }
    std::optional<double> take_number(const char* key)
    {
        const auto v = take(key);
        if (!v || v->is_null()) return std::nullopt;
        if (!v->is_number() || !std::isfinite(v->get<double>())) refuse(key, *v, "a number");
        return v->get<double>();
    }
    std::optional<std::uint64_t> take_count(const char* key)
    {
        const auto v = take(key);
        if (!v || v->is_null()) return std::nullopt;
        if (v->is_number_unsigned() && v->get<std::uint64_t>() <= std::uint64_t{ 1 } << 62)
            return v->get<std::uint64_t>();
        if (v->is_number_float()) {
            const double d = v->get<double>();
            if (d >= 0 && d <= k_max_exact_integer && d == std::floor(d)) return static_cast<std::uint64_t>(d);
        }
        refuse(key, *v, "a whole number, 0 or more");
    }
    std::optional<utc_time> take_time(const char* key, std::int64_t& step_ns)
    {
        const auto v = take(key);
        if (!v || v->is_null()) return std::nullopt;
        if (!v->is_string()) refuse(key, *v, "a UTC time such as \"2026-08-22T06:00:00Z\"");
        auto text = v->get<std::string>();
        for (const std::string_view zero : { "+00:00", "-00:00", "+0000" }) {
            if (text.ends_with(zero)) text.replace(text.size() - zero.size(), zero.size(), "Z");
        }
        const auto t = parse_utc(text);
        if (!t) refuse(key, *v, "a UTC time such as \"2026-08-22T06:00:00Z\"");
        step_ns = 1'000'000'000;
        if (const auto point = text.find_first_of(".,"); point != std::string::npos) {
            for (std::size_t i = point + 1; i < text.size() && text[i] != 'Z' && step_ns > 1; ++i) step_ns /= 10;
        }
        return *t;
    }
    std::string rest() const { return d_object.dump(); }

    [[noreturn]] void refuse(const char* key, const json& v, const char* expected) const
    {
        throw bad_document{ error_code::parse,
                            d_where + ": field " + key + " is " + shown(v) + "; write " + expected +
                                " or leave it out" };
    }

private:
    json d_object;
    std::string d_where;
};

json parse_document(std::string_view text, const std::string& name)
{
    bool too_deep = false;
    const auto watch = [&too_deep](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > k_max_depth;
        return !too_deep;
    };
    json document;
    try {
        document = json::parse(text, watch);
    } catch (const json::exception& e) {
        std::string what = e.what();
        if (const auto bracket = what.find("] "); bracket != std::string::npos) what.erase(0, bracket + 2);
        throw bad_document{ error_code::parse,
                            name + ": is no JSON document (" + what +
                                "); correct the metadata or give the raw data file with --format and --rate" };
    }
    if (too_deep) {
        throw bad_document{ error_code::parse,
                            name + ": brackets nested more than " + std::to_string(k_max_depth) +
                                " deep; this is no SigMF metadata" };
    }
    return document;
}

sigmf_capture read_capture(json value, const std::string& where)
{
    object_reader o(std::move(value), where);
    sigmf_capture c;
    const auto start = o.take_count("core:sample_start");
    if (!start) {
        throw bad_document{ error_code::parse,
                            where + ": field core:sample_start is missing; write the index of its first sample" };
    }
    c.sample_start = *start;
    c.frequency_hz = o.take_number("core:frequency");
    c.datetime = o.take_time("core:datetime", c.datetime_step_ns);
    c.header_bytes = o.take_count("core:header_bytes").value_or(0);
    c.other_json = o.rest();
    return c;
}

sigmf_annotation read_annotation(json value, const std::string& where)
{
    object_reader o(std::move(value), where);
    sigmf_annotation a;
    a.sample_start = o.take_count("core:sample_start").value_or(0);
    a.sample_count = o.take_count("core:sample_count");
    a.freq_lower_hz = o.take_number("core:freq_lower_edge");
    a.freq_upper_hz = o.take_number("core:freq_upper_edge");
    a.label = o.take_text("core:label");
    a.comment = o.take_text("core:comment");
    a.other_json = o.rest();
    return a;
}

void read_global(sigmf_metadata& m, json value, const std::string& name)
{
    const std::string where = name + ": global";
    object_reader o(std::move(value), where);
    const std::string datatype = o.take_text("core:datatype");
    if (datatype.empty()) {
        throw bad_document{ error_code::parse,
                            where + ": field core:datatype is missing; write cf32_le, ci16_le, ci8 or cu8" };
    }
    const auto format = parse_sample_format(datatype);
    if (!format) throw bad_document{ format.error().code, where + ": field core:datatype: " + format.error().message };
    m.format = *format;
    m.sample_rate_hz = o.take_number("core:sample_rate");
    if (m.sample_rate_hz && !(*m.sample_rate_hz > 0))
        o.refuse("core:sample_rate", json(*m.sample_rate_hz), "samples per second, more than 0,");
    m.version = o.take_text("core:version");
    if (m.version.empty()) m.version = "1.0.0";
    if (m.version.front() != '0' && m.version.front() != '1') {
        throw bad_document{ error_code::unsupported,
                            where + ": field core:version is \"" + m.version + "\"; versions 0 and 1 are read" };
    }
    if (const auto channels = o.take_count("core:num_channels"); channels && *channels != 1) {
        throw bad_document{ error_code::unsupported,
                            where + ": field core:num_channels is " + std::to_string(*channels) +
                                "; split the recording, one channel a file is read" };
    }
    m.description = o.take_text("core:description");
    m.author = o.take_text("core:author");
    m.recorder = o.take_text("core:recorder");
    m.hardware = o.take_text("core:hw");
    m.dataset = o.take_text("core:dataset");
    m.offset = o.take_count("core:offset").value_or(0);
    m.trailing_bytes = o.take_count("core:trailing_bytes").value_or(0);
    // Why dropped: it is the digest of a data file that may be written anew beside this text.
    o.take("core:sha512");
    m.other_json = o.rest();
}

void read_lists(sigmf_metadata& m, object_reader& top, const std::string& name)
{
    const auto list_of = [&top, &name](const char* key) {
        auto v = top.take(key);
        if (!v || v->is_null()) return json::array();
        if (!v->is_array()) {
            throw bad_document{ error_code::parse,
                                name + ": " + key + " is " + shown(*v) + ", not a list [...]; correct the metadata" };
        }
        return std::move(*v);
    };
    std::size_t i = 0;
    for (json& v : list_of("captures")) {
        const std::string where = name + ": captures[" + std::to_string(i++) + "]";
        m.captures.push_back(read_capture(std::move(v), where));
        const std::uint64_t least = m.captures.size() > 1 ? m.captures[m.captures.size() - 2].sample_start : m.offset;
        if (m.captures.back().sample_start < least) {
            throw bad_document{ error_code::parse,
                                where + ": field core:sample_start is " +
                                    std::to_string(m.captures.back().sample_start) + ", less than " +
                                    std::to_string(least) + " before it; sort the captures" };
        }
    }
    if (m.captures.empty()) m.captures.emplace_back().sample_start = m.offset;
    i = 0;
    for (json& v : list_of("annotations")) {
        m.annotations.push_back(read_annotation(std::move(v), name + ": annotations[" + std::to_string(i++) + "]"));
    }
}

/// A JSON object from a kept text; anything else gives an empty object.
json object_of(const std::string& text)
{
    json v = json::parse(text, nullptr, false);
    return v.is_object() ? v : json::object();
}

/// A number without a decimal point where it is whole and exact, as other programs expect rates and frequencies.
json number_of(double v)
{
    if (v == std::floor(v) && std::abs(v) < k_max_exact_integer) return static_cast<std::int64_t>(v);
    return v;
}

void put_text(json& o, const char* key, const std::string& text)
{
    if (!text.empty()) o[key] = text;
}

} // namespace

result<sigmf_metadata> parse_sigmf(std::string_view text, const std::string& name)
{
    try {
        object_reader top(parse_document(text, name), name);
        sigmf_metadata m;
        auto global = top.take("global");
        if (!global)
            throw bad_document{ error_code::parse,
                                name + ": the object \"global\" is missing; this is no SigMF metadata" };
        read_global(m, std::move(*global), name);
        read_lists(m, top, name);
        m.further_json = top.rest();
        return m;
    } catch (const bad_document& e) {
        return result<sigmf_metadata>::failure(e.code, e.message);
    } catch (const std::exception& e) {
        return result<sigmf_metadata>::failure(error_code::parse, name + ": " + e.what());
    }
}

result<sigmf_metadata> read_sigmf(const std::filesystem::path& meta_file)
{
    auto file = file_descriptor::open_to_read(meta_file);
    if (!file) return file.error();
    std::string text;
    for (;;) {
        constexpr std::size_t k_step = 65536;
        const std::size_t have = text.size();
        text.resize(have + k_step);
        const auto n = file->read(std::as_writable_bytes(std::span(text).subspan(have)), -1, meta_file.string());
        if (!n) return n.error();
        text.resize(have + n->nof_bytes);
        if (n->status == read_status::end) break;
        if (text.size() > k_max_meta_bytes) {
            return result<sigmf_metadata>::failure(
                error_code::parse,
                meta_file.string() + ": more than 256 MiB; this is no SigMF metadata (is it the data file?)");
        }
    }
    return parse_sigmf(text, meta_file.string());
}

std::string to_json(const sigmf_metadata& m)
{
    json document = object_of(m.further_json);
    json global = object_of(m.other_json);
    global["core:datatype"] = sigmf_datatype(m.format);
    global["core:version"] = m.version;
    if (m.sample_rate_hz) global["core:sample_rate"] = number_of(*m.sample_rate_hz);
    if (m.offset != 0) global["core:offset"] = m.offset;
    if (m.trailing_bytes != 0) global["core:trailing_bytes"] = m.trailing_bytes;
    put_text(global, "core:description", m.description);
    put_text(global, "core:author", m.author);
    put_text(global, "core:recorder", m.recorder);
    put_text(global, "core:hw", m.hardware);
    put_text(global, "core:dataset", m.dataset);
    document["global"] = std::move(global);

    json captures = json::array();
    for (const sigmf_capture& c : m.captures) {
        json o = object_of(c.other_json);
        o["core:sample_start"] = c.sample_start;
        if (c.frequency_hz) o["core:frequency"] = number_of(*c.frequency_hz);
        if (c.datetime) o["core:datetime"] = format_utc(*c.datetime, 9);
        if (c.header_bytes != 0) o["core:header_bytes"] = c.header_bytes;
        captures.push_back(std::move(o));
    }
    document["captures"] = std::move(captures);

    json annotations = json::array();
    for (const sigmf_annotation& a : m.annotations) {
        json o = object_of(a.other_json);
        o["core:sample_start"] = a.sample_start;
        if (a.sample_count) o["core:sample_count"] = *a.sample_count;
        if (a.freq_lower_hz) o["core:freq_lower_edge"] = number_of(*a.freq_lower_hz);
        if (a.freq_upper_hz) o["core:freq_upper_edge"] = number_of(*a.freq_upper_hz);
        put_text(o, "core:label", a.label);
        put_text(o, "core:comment", a.comment);
        annotations.push_back(std::move(o));
    }
    document["annotations"] = std::move(annotations);
    return document.dump(4, ' ', false, json::error_handler_t::replace) + "\n";
}

result<ok_t> write_sigmf(const std::filesystem::path& meta_file, const sigmf_metadata& m)
{
    std::filesystem::path part = meta_file;
    part += ".part";
    auto file = file_descriptor::open_to_write(part);
    if (!file) return file.error();
    const std::string text = to_json(m);
    std::size_t written = 0;
    auto done = file->write_all(std::as_bytes(std::span(text)), part.string(), written);
    if (done) done = file->close(part.string());
    std::error_code code;
    if (!done) {
        std::filesystem::remove(part, code);
        return done;
    }
    std::filesystem::rename(part, meta_file, code);
    if (code) return system_error(meta_file.string(), "cannot rename " + part.string() + " to it", code.value());
    return ok;
}

} // namespace spacesail::io
