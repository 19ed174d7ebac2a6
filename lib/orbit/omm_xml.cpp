// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/decimal.hpp"
#include "orbit/element_forms.hpp"
#include "orbit/omm_record.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <cstring>

// <omm> and <opm> messages, alone or in an <ndm>: CCSDS 505.0-B-2.
namespace spacesail::orbit {
namespace {

class xml_reader
{
public:
    xml_reader(std::string_view text, element_file& out) : d_text(text), d_out(out) {}

    void read()
    {
        pugi::xml_document doc;
        const auto status = doc.load_buffer(
            d_text.data(), d_text.size(), pugi::parse_minimal | pugi::parse_escapes | pugi::parse_cdata);
        if (!status) {
            d_out.problems.push_back(
                { line_of(status.offset),
                  std::string("XML: ") + status.description() + "; the file is cut off or altered, fetch it again" });
        }
        // Why even after an error: pugixml keeps what it read before it, and a message is checked field by field.
        messages(doc, 0);
    }

private:
    static constexpr int k_depth = 8; ///< of messages in their file; deeper nesting is no NDM

    std::size_t line_of(std::ptrdiff_t offset) const
    {
        const auto end = std::min(d_text.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
        return 1 + static_cast<std::size_t>(
                       std::count(d_text.begin(), d_text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    }
    void messages(const pugi::xml_node& parent, int depth)
    {
        for (pugi::xml_node node = parent.first_child(); node; node = node.next_sibling()) {
            if (std::strcmp(node.name(), "omm") == 0 || std::strcmp(node.name(), "opm") == 0) {
                d_record.clear();
                fields(node, 0);
                const std::size_t problems = d_out.problems.size();
                d_record.finish(0, d_out);
                if (d_out.problems.size() > problems) d_out.problems.back().line = line_of(node.offset_debug());
            } else if (depth < k_depth) {
                messages(node, depth + 1);
            }
        }
    }
    void fields(const pugi::xml_node& parent, int depth)
    {
        for (pugi::xml_node node = parent.first_child(); node; node = node.next_sibling()) {
            const pugi::xml_node child = node.first_child();
            if (!child) continue;
            if (child.type() == pugi::node_element) {
                if (depth < k_depth) fields(node, depth + 1);
                continue;
            }
            const omm_key key =
                std::strcmp(node.name(), "USER_DEFINED") == 0 ? user_defined(node) : find_omm_key(node.name());
            if (key != omm_key::count) d_record.set(key, trimmed(child.value()));
        }
    }
    static omm_key user_defined(const pugi::xml_node& node)
    {
        const std::string name = std::string("USER_DEFINED_") + node.attribute("parameter").value();
        return find_omm_key(name);
    }

    std::string_view d_text;
    element_file& d_out;
    omm_record d_record;
};

void append_element(std::string_view name, const std::string& value, std::string& out)
{
    out += '<';
    out += name;
    out += '>';
    for (const char c : value) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    out += "</";
    out += name;
    out += '>';
}

bool is_metadata(omm_key key) noexcept { return key < omm_key::epoch; }
bool is_mean_element(omm_key key) noexcept { return key >= omm_key::epoch && key <= omm_key::mean_anomaly; }

void append_message(const element_set& set, std::vector<omm_field>& fields, std::string& out)
{
    const bool mean = set.mean() != nullptr;
    omm_fields(set, fields);
    const auto section = [&](const char* name, auto belongs) {
        out += std::string("<") + name + ">";
        for (const omm_field& f : fields) {
            if (belongs(f.key)) append_element(omm_key_name(f.key), f.value, out);
        }
        out += std::string("</") + name + ">";
    };
    const char* message = mean ? "omm" : "opm";
    out += std::string("<") + message + " id=\"" + (mean ? "CCSDS_OMM_VERS" : "CCSDS_OPM_VERS") +
           "\" version=\"2.0\"><header>";
    append_element("CREATION_DATE", omm_epoch(set.epoch), out);
    append_element("ORIGINATOR", "SPACESAIL", out);
    out += "</header><body><segment>";
    section("metadata", is_metadata);
    out += "<data>";
    if (mean) {
        section("meanElements", is_mean_element);
        section("tleParameters", [](omm_key k) { return !is_metadata(k) && !is_mean_element(k); });
    } else {
        section("stateVector",
                [](omm_key k) { return k == omm_key::epoch || (k >= omm_key::x && k <= omm_key::z_dot); });
        out += "<userDefinedParameters>";
        for (const omm_field& f : fields) {
            if (f.key == omm_key::norad_cat_id) append_element(omm_key_name(f.key), f.value, out);
            if (f.key == omm_key::validity_s)
                out += "<USER_DEFINED parameter=\"VALIDITY_S\">" + f.value + "</USER_DEFINED>";
        }
        out += "</userDefinedParameters>";
    }
    out += std::string("</data></segment></body></") + message + ">\n";
}

} // namespace

void read_omm_xml(std::string_view text, element_file& out) { xml_reader(text, out).read(); }

std::string omm_xml(std::span<const element_set> sets)
{
    std::vector<omm_field> fields;
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ndm>\n";
    for (const element_set& set : sets) append_message(set, fields, out);
    return out + "</ndm>\n";
}

} // namespace spacesail::orbit
