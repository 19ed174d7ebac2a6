// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/orbit/element_file.hpp>

#include <array>
#include <bitset>
#include <string>
#include <string_view>
#include <vector>

/// The keywords of an OMM or OPM and what they mean, the same for all four text forms (internal to the room).
namespace spacesail::orbit {

/// Keywords that are read and written; the order is the one of the standard.
enum class omm_key : unsigned char {
    object_name,
    object_id,
    center_name,
    ref_frame,
    time_system,
    mean_element_theory,
    epoch,
    mean_motion,
    semi_major_axis,
    eccentricity,
    inclination,
    ra_of_asc_node,
    arg_of_pericenter,
    mean_anomaly,
    ephemeris_type,
    classification_type,
    norad_cat_id,
    element_set_no,
    rev_at_epoch,
    bstar,
    mean_motion_dot,
    mean_motion_ddot,
    x,
    y,
    z,
    x_dot,
    y_dot,
    z_dot,
    validity_s,
    count
};
inline constexpr std::size_t k_omm_keys = static_cast<std::size_t>(omm_key::count);

/// Text of a keyword.
std::string_view omm_key_name(omm_key key) noexcept;
/// The keyword of a text; omm_key::count for one that is not used.
omm_key find_omm_key(std::string_view name) noexcept;

/// Collects the fields of one record, in any order, and makes an element set of them.
class omm_record
{
public:
    void clear() noexcept;
    bool empty() const noexcept { return d_seen.none(); }
    bool has(omm_key key) const noexcept { return d_seen[static_cast<std::size_t>(key)]; }
    /// The text must stay valid until finish().
    void set(omm_key key, std::string_view value) noexcept;
    /// Appends the set, or a problem with `line`.
    void finish(std::size_t line, element_file& out);

private:
    std::string_view text(omm_key key) const noexcept { return d_text[static_cast<std::size_t>(key)]; }
    std::string number(omm_key key, double& v) const;
    std::string integer(omm_key key, int& v) const;
    std::string build(element_set& set) const;
    std::string build_mean(mean_elements& m) const;
    std::string build_state(ecef_state& s) const;
    std::string describe(omm_key key, const char* remedy) const;

    std::array<std::string_view, k_omm_keys> d_text{};
    std::bitset<k_omm_keys> d_seen;
};

/// How a value is written: numbers go unquoted in JSON.
struct omm_field {
    omm_key key;
    std::string value;
    bool is_number;
};

/// \brief The fields of a set in the order of the standard, from OBJECT_NAME on.
void omm_fields(const element_set& set, std::vector<omm_field>& out);

/// Epoch with as many decimals as it needs, at least six, without Z (the OMM's own form).
std::string omm_epoch(utc_time t);

} // namespace spacesail::orbit
