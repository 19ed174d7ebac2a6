// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/encap/acm_controller.hpp>
#include <spacesail/encap/bb_scheduler.hpp>

#include <vector>

namespace spacesail::terminal {

/// \brief Sizes of the frames of all regular PLS codes, pilots on and off: what the link layer knows of the waveform.
encap::frame_formats regular_formats(dvbs2x::bch_choice bch = dvbs2x::bch_choice::table);

/// \brief All regular MODCODs, pilots on and off, with the Es/N0 this receiver decodes them at.
///
/// That is the standard's ideal Es/N0 and what the receiver is allowed to lose with phase noise and a moving clock:
/// 0.25 dB for QPSK and 8PSK at rates of 1/2 and above, 0.4 dB below and for 16 and 32APSK (8APSK counts as 16APSK),
/// 0.8 dB above. For S2 short frames, of which the standard gives none, the normal frame's and 0.3 dB
/// (EN 302 307-1, table 13: 0.2 to 0.3 dB).
std::vector<encap::acm_entry> acm_table(dvbs2x::bch_choice bch = dvbs2x::bch_choice::table);

} // namespace spacesail::terminal
