// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/base/frame.hpp>
#include <spacesail/dvbs2x/frame_decoder.hpp>

#include <complex>
#include <cstdint>
#include <memory>

namespace spacesail::dvbs2x {

/// What happens when frames come faster than they are decoded.
enum class decode_policy : std::uint8_t {
    fixed,       ///< every frame may take max_iterations; submit() waits for room: results repeat
    queue_driven ///< the cap sinks as the queue fills, submit() never waits: what finds no room is dropped
};

struct decode_pool_config {
    unsigned nof_threads = 0;     ///< 0: submit() decodes itself; at most 64
    unsigned queue_frames = 16;   ///< frames inside the pool, waiting, decoded or not yet fetched: 1..1024
    unsigned max_iterations = 50; ///< LDPC cap while the queue is short, 1..1000
    unsigned min_iterations = 8;  ///< LDPC cap with a full queue, 1..max_iterations; queue_driven only
    decode_policy policy = decode_policy::fixed;
    bch_choice bch = bch_choice::table; ///< for the two MODCODs whose published BCH codes disagree
};

/// \brief Is told of every frame, good or not, in order, by the thread that submits; of its readiness by the workers.
class decode_observer
{
public:
    virtual ~decode_observer() = default;
    /// \param[in] frame  its payload is the BBFRAME as decoded, also where the outcome is not good.
    virtual void on_outcome(const frame_view<std::uint8_t>& frame, const decode_outcome& outcome) noexcept = 0;
    /// \brief A worker has decoded a frame; poll() delivers it as soon as its turn has come. Called from that worker.
    virtual void on_ready() noexcept {}
};

/// \brief Decodes frames in worker threads and hands the BBFRAMEs out in the order they came.
///
/// One thread submits and fetches; good BBFRAMEs go to the sink from its calls of submit(), poll() and flush(),
/// each once. Memory is bounded: queue_frames frames of at most 33282 symbols, and for each thread the decoders of
/// the codes met.
class decode_pool final : public frame_sink<std::complex<float>>
{
public:
    struct counters {
        counter frames;             ///< delivered to the observer: decoded
        counter good;               ///< delivered to the sink
        counter ldpc_failed;        ///< parity checks left over at the cap
        counter bch_failed;         ///< not decodable
        counter header_crc_failed;  ///< decodable, but not a BBFRAME
        counter bch_corrected_bits; ///< in frames the BCH code mended
        counter ldpc_iterations;    ///< sum over the frames
        counter caps_lowered;       ///< frames whose cap was below max_iterations
        counter dropped;            ///< found no room (queue_driven)
        counter ignored;            ///< dummy frames, unknown PLS codes, wrong number of symbols
    };

    /// \param[in] sink      gets the good BBFRAMEs: k_bch bits packed MSB first; must outlive the pool.
    /// \param[in] observer  may be nullptr.
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    decode_pool(const decode_pool_config& config, frame_sink<std::uint8_t>& sink, decode_observer* observer = nullptr);
    /// Frames not fetched are lost; call flush() first.
    ~decode_pool() override;
    decode_pool(const decode_pool&) = delete;
    decode_pool& operator=(const decode_pool&) = delete;

    /// \brief Makes the decoders of a MODCOD in every thread's store. Before the first submit() only.
    void prepare(const modcod& m);

    /// \brief Takes the XFECFRAME of `m`: xfecframe_symbols() symbols without header and pilots, descrambled; the
    /// noise variance is frame.measured.n0. The symbols are copied.
    ///
    /// Errors: none at run time; frames that cannot be taken are counted. Waits only under decode_policy::fixed.
    void submit(const modcod& m, const frame_view<std::complex<float>>& frame) noexcept;
    /// \brief submit() with the MODCOD of frame.header; dummy frames are ignored.
    void on_frame(const frame_view<std::complex<float>>& frame) noexcept override;
    /// \brief Delivers what is ready, in order. Never waits.
    void poll() noexcept;
    /// \brief Waits until every frame is decoded and delivers them.
    void flush() noexcept;

    /// Frames submitted and not yet delivered.
    unsigned in_flight() const noexcept;
    const counters& counts() const noexcept;

private:
    struct state;
    std::unique_ptr<state> d_state;
};

} // namespace spacesail::dvbs2x
