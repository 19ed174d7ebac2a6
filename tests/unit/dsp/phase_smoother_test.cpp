// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/phase_smoother.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace {

using namespace spacesail;
using dsp::phase_smoother;
using dsp::phase_state;

struct observation {
    double at = 0.0;
    double theta = 0.0;
    double variance = 0.0; // 0: not observed
};

/// Gauss-Jordan with pivots; a is replaced by its inverse, b by the solution.
void solve(std::vector<std::vector<double>>& a, std::vector<double>& b)
{
    const std::size_t n = b.size();
    std::vector<std::vector<double>> inverse(n, std::vector<double>(n, 0.0));
    for (std::size_t i = 0; i < n; ++i) inverse[i][i] = 1.0;
    for (std::size_t c = 0; c < n; ++c) {
        std::size_t pivot = c;
        for (std::size_t r = c + 1; r < n; ++r) {
            if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
        }
        std::swap(a[c], a[pivot]);
        std::swap(b[c], b[pivot]);
        std::swap(inverse[c], inverse[pivot]);
        const double scale = 1.0 / a[c][c];
        for (std::size_t k = 0; k < n; ++k) {
            a[c][k] *= scale;
            inverse[c][k] *= scale;
        }
        b[c] *= scale;
        for (std::size_t r = 0; r < n; ++r) {
            if (r == c || a[r][c] == 0.0) continue;
            const double f = a[r][c];
            for (std::size_t k = 0; k < n; ++k) {
                a[r][k] -= f * a[c][k];
                inverse[r][k] -= f * inverse[c][k];
            }
            b[r] -= f * b[c];
        }
    }
    a = inverse;
}

struct dense_result {
    std::vector<double> theta, omega, variance;
};

/// The same problem as one weighted least-squares problem over all states: prior, motion between nodes, observations.
/// Omega is counted in units of 1e-4 so that the numbers are of one size.
dense_result dense(const phase_state& first, const std::vector<observation>& seen, double q_theta, double q_omega)
{
    constexpr double w = 1e-4;
    const std::size_t n = 2 * (seen.size() + 1);
    std::vector<std::vector<double>> a(n, std::vector<double>(n, 0.0));
    std::vector<double> b(n, 0.0);
    // Adds (sum of coefficients times states - value)' weight (...) for a pair of rows with a 2 x 2 weight.
    const auto add = [&](std::size_t at,
                         const std::vector<std::pair<double, double>>& rows_theta,
                         const std::vector<std::pair<double, double>>& rows_omega,
                         const double(&weight)[2][2],
                         const double(&value)[2]) {
        const std::vector<std::pair<double, double>>* rows[2]{ &rows_theta, &rows_omega };
        const std::size_t columns = rows_theta.size();
        for (std::size_t i = 0; i < 2; ++i) {
            for (std::size_t j = 0; j < 2; ++j) {
                for (std::size_t p = 0; p < columns; ++p) {
                    const double ci[2]{ (*rows[i])[p].first, (*rows[i])[p].second * w };
                    for (std::size_t u = 0; u < 2; ++u) {
                        for (std::size_t q = 0; q < columns; ++q) {
                            const double cj[2]{ (*rows[j])[q].first, (*rows[j])[q].second * w };
                            for (std::size_t v = 0; v < 2; ++v) {
                                a[2 * (at + p) + u][2 * (at + q) + v] += ci[u] * weight[i][j] * cj[v];
                            }
                        }
                        b[2 * (at + p) + u] += ci[u] * weight[i][j] * value[j];
                    }
                }
            }
        }
    };
    const auto inverse = [](double tt, double to, double oo, double(&out)[2][2]) {
        const double det = tt * oo - to * to;
        out[0][0] = oo / det;
        out[0][1] = out[1][0] = -to / det;
        out[1][1] = tt / det;
    };
    double weight[2][2];
    inverse(first.p_tt, first.p_to, first.p_oo, weight);
    add(0, { { 1.0, 0.0 } }, { { 0.0, 1.0 } }, weight, { first.theta, first.omega });
    double before = first.at;
    for (std::size_t k = 0; k < seen.size(); ++k) {
        const double dt = seen[k].at - before;
        before = seen[k].at;
        inverse(q_theta * dt + q_omega * dt * dt * dt / 3.0, q_omega * dt * dt / 2.0, q_omega * dt, weight);
        add(k, { { -1.0, -dt }, { 1.0, 0.0 } }, { { 0.0, -1.0 }, { 0.0, 1.0 } }, weight, { 0.0, 0.0 });
        if (seen[k].variance > 0.0) {
            a[2 * k + 2][2 * k + 2] += 1.0 / seen[k].variance;
            b[2 * k + 2] += seen[k].theta / seen[k].variance;
        }
    }
    solve(a, b);
    dense_result r;
    for (std::size_t i = 0; i < n; i += 2) {
        r.theta.push_back(b[i]);
        r.omega.push_back(b[i + 1] * w);
        r.variance.push_back(a[i][i]);
    }
    return r;
}

TEST(PhaseSmoother, EqualsTheDenseLeastSquaresSolution)
{
    rng random(17);
    for (int problem = 0; problem < 12; ++problem) {
        const double q_theta = std::pow(10.0, -7.0 + 3.0 * random.uniform());
        const double q_omega = std::pow(10.0, -17.0 + 4.0 * random.uniform());
        const phase_state first{ 44.5, 0.3, 2e-4, 0.02, 1e-6, 4e-8 };
        std::vector<observation> seen;
        double at = first.at;
        double truth = first.theta;
        for (int k = 0; k < 24; ++k) {
            at += 60.0 + 1500.0 * random.uniform();
            truth += 0.3 * random.normal_pair().real();
            const double variance = 0.002 + 0.05 * random.uniform();
            seen.push_back({ at, truth, k % 7 == 5 ? 0.0 : variance });
        }
        phase_smoother s(64);
        s.set_noise(q_theta, q_omega);
        s.begin(first);
        const auto expected = dense(first, seen, q_theta, q_omega);
        for (const auto& o : seen) {
            if (o.variance > 0.0) {
                // The same phase, some turns off: the nearest one to the prediction is meant. Phases of the problem are
                // given so that the dense solution means the same one.
                const double turns = std::round((o.theta - s.predict(o.at).theta) / k_two_pi);
                ASSERT_EQ(turns, 0.0) << "the problem itself is ambiguous";
                s.observe(o.at, o.theta + k_two_pi * static_cast<double>(random.below(5)), o.variance);
            } else {
                s.skip(o.at);
            }
        }
        s.smooth();
        ASSERT_EQ(s.smoothed().size(), seen.size() + 1);
        for (std::size_t k = 0; k <= seen.size(); ++k) {
            EXPECT_NEAR(s.smoothed()[k].theta, expected.theta[k], 1e-7) << "problem " << problem << " node " << k;
            EXPECT_NEAR(s.smoothed()[k].omega, expected.omega[k], 1e-9) << "problem " << problem << " node " << k;
            EXPECT_NEAR(s.smoothed()[k].p_tt, expected.variance[k], 1e-6 * expected.variance[k]);
        }
        EXPECT_NEAR(s.last().theta, expected.theta.back(), 1e-7);
    }
}

TEST(PhaseSmoother, InnovationsAreAsExpectedWhenTheModelFits)
{
    rng random(5);
    const double q_theta = 3e-6, q_omega = 1e-15, variance = 0.01;
    phase_smoother s(2100);
    s.set_noise(q_theta, q_omega);
    double theta = 1.0, omega = 1e-4, at = 0.0;
    s.begin({ at, theta, omega, 1e-6, 0.0, 1e-12 });
    double sum = 0.0;
    constexpr int n = 2000;
    for (int k = 0; k < n; ++k) {
        const double dt = 1476.0;
        at += dt;
        // Exact steps of the two noises: omega's integral in its two correlated parts.
        const auto g = random.normal_pair();
        const double step = std::sqrt(q_omega * dt);
        theta += omega * dt + step * dt * (0.5 * g.real() + g.imag() / std::sqrt(12.0)) +
                 std::sqrt(q_theta * dt) * random.normal_pair().real();
        omega += step * g.real();
        sum += s.observe(
            at, std::remainder(theta + std::sqrt(variance) * random.normal_pair().real(), k_two_pi), variance);
    }
    // A chi-square of 2000 over 2000: deviation 0.032.
    EXPECT_NEAR(sum / n, 1.0, 0.13);
}

TEST(PhaseSmoother, IsAStraightLineBetweenNodesAndGoesOnBehindThem)
{
    phase_smoother s(8);
    s.set_noise(1e-6, 0.0);
    s.begin({ 0.0, 0.0, 0.0, 1e-8, 0.0, 1e-12 });
    s.observe(100.0, 0.02, 1e-4);
    s.observe(300.0, -0.01, 1e-4);
    s.smooth();
    const auto nodes = s.smoothed();
    s.rewind();
    for (const double x : { 0.0, 25.0, 100.0, 150.0, 299.0, 300.0 }) {
        const std::size_t k = x <= 100.0 ? 0 : 1;
        const double share = (x - nodes[k].at) / (nodes[k + 1].at - nodes[k].at);
        EXPECT_NEAR(s.at(x).theta, nodes[k].theta + share * (nodes[k + 1].theta - nodes[k].theta), 1e-12) << x;
    }
    EXPECT_NEAR(s.at(400.0).theta, nodes[2].theta + 100.0 * nodes[2].omega, 1e-12);
}

TEST(PhaseSmoother, ForgetsAtBegin)
{
    phase_smoother s(4);
    s.begin({ 0.0, 1.0, 0.0, 1e-3, 0.0, 1e-9 });
    s.observe(10.0, 2.0, 1e-3);
    s.begin({ 5.0, 0.25, 0.0, 1e-3, 0.0, 1e-9 });
    EXPECT_EQ(s.nodes(), 1U);
    s.smooth();
    EXPECT_EQ(s.smoothed()[0].theta, 0.25);
    s.rewind();
    EXPECT_EQ(s.at(5.0).theta, 0.25);
}

} // namespace
