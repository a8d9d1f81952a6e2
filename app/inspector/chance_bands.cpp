#include "inspector/chance_bands.hpp"

#include <QMetaObject>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace
{

constexpr int kFirstTokens = 256; ///< a first curve within milliseconds; longer answers ask for the next
constexpr int kGrowth = 4;
constexpr int kEnoughTokens = 4096; ///< beyond, counts are close enough to normal to extrapolate (test: chance_bands)
constexpr double kCoverage = 0.95;

// xoshiro256++ 1.0 (Blackman and Vigna, public domain): std engines are several times slower and libraries differ.
class Random
{
public:
    explicit Random(quint64 seed)
    {
        for (quint64& word : m_state) { // splitmix64
            seed += 0x9e3779b97f4a7c15u;
            quint64 z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
            word = z ^ (z >> 31);
        }
    }

    /// Uniform below `bound` up to a bias of bound / 2³², far below what 200 runs can show.
    quint32 below(quint32 bound)
    {
        const quint64 result = std::rotl(m_state[0] + m_state[3], 23) + m_state[0];
        const quint64 t = m_state[1] << 17;
        m_state[2] ^= m_state[0];
        m_state[3] ^= m_state[1];
        m_state[1] ^= m_state[2];
        m_state[0] ^= m_state[3];
        m_state[2] ^= t;
        m_state[3] = std::rotl(m_state[3], 45);
        return quint32(((result >> 32) * bound) >> 32);
    }

private:
    quint64 m_state[4];
};

std::vector<int> tokenGrid(int maxTokens)
{
    std::vector<int> grid;
    for (double at = 1; at < maxTokens; at = std::max(at + 1, at * std::exp2(0.25)))
        grid.push_back(int(at));
    grid.push_back(maxTokens);
    return grid;
}

// Draws k of n without replacement: the first k places of a shuffle. Any permutation may be shuffled further, so the
// list is never set up again.
class Draw
{
public:
    explicit Draw(int n) : m_items(size_t(n)) { std::iota(m_items.begin(), m_items.end(), quint16(0)); }
    std::span<const quint16> next(int k, Random& random)
    {
        const quint32 n = quint32(m_items.size());
        for (quint32 i = 0; i < quint32(k); ++i)
            std::swap(m_items[i], m_items[i + random.below(n - i)]);
        return std::span(m_items).first(size_t(k));
    }

private:
    std::vector<quint16> m_items;
};

struct Sample {
    double busiest = 0, unused = 0, entropy = 0;
};

// Adds one layer's figures after `tokens` tokens.
void addLayer(Sample& sample, const RoutingNull& null, std::span<const quint16> counts, int tokens,
              std::span<const double> nLogN)
{
    const double picks = double(null.nExpertsUsed) * tokens;
    double sum = 0;
    quint16 most = 0;
    for (const quint16 n : counts) {
        most = std::max(most, n);
        sum += nLogN[n];
        sample.unused += n == 0 ? 1 : 0;
    }
    sample.busiest = std::max(sample.busiest, double(most) * null.nExperts / picks);
    sample.entropy += (std::log(picks) - sum / picks) / std::log(double(null.nExperts)) / null.nMoeLayers;
}

Band bandOf(std::vector<double>& values)
{
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double q) {
        const double at = q * double(values.size() - 1);
        const size_t left = std::min(size_t(at), values.size() - 2);
        return values[left] + (values[left + 1] - values[left]) * (at - double(left));
    };
    return {quantile((1 - kCoverage) / 2), quantile((1 + kCoverage) / 2)};
}

Band mix(const Band& a, const Band& b, double t)
{
    return {a.low + (b.low - a.low) * t, a.high + (b.high - a.high) * t};
}

// When chance leaves no expert unused any more, the band of "unused" needs no more simulation.
int tokensEnough(const RoutingNull& null)
{
    const double cells = double(null.nMoeLayers) * null.nExperts;
    const double missed = 1 - double(null.nExpertsUsed) / null.nExperts;
    const double tokens = missed > 0 ? std::log(0.01 / cells) / std::log(missed) : 1;
    return std::clamp(int(std::ceil(tokens)), kEnoughTokens, 60000);
}

} // namespace

RoutingNull nullOf(const RoutingShape& shape)
{
    return {int(shape.moeLayers.size()), shape.nExperts, shape.nExpertsUsed, shape.nGroup, shape.topkGroup};
}

std::optional<ChanceBand> ChanceCurve::at(quint64 tokens) const
{
    if (m_points.empty() || tokens == 0)
        return std::nullopt;
    const Point& last = m_points.back();
    if (tokens >= quint64(last.tokens)) {
        const double ratio = double(last.tokens) / double(tokens), root = std::sqrt(ratio);
        ChanceBand band = last.band;
        band.busiest = {1 + (band.busiest.low - 1) * root, 1 + (band.busiest.high - 1) * root};
        band.entropy = {1 - (1 - band.entropy.low) * ratio, 1 - (1 - band.entropy.high) * ratio};
        return band;
    }
    const auto right = std::upper_bound(m_points.begin(), m_points.end(), tokens,
                                        [](quint64 n, const Point& point) { return n < quint64(point.tokens); });
    const Point &a = *(right - 1), &b = *right;
    const double t = std::log(double(tokens) / a.tokens) / std::log(double(b.tokens) / a.tokens);
    return ChanceBand{mix(a.band.busiest, b.band.busiest, t), mix(a.band.unused, b.band.unused, t),
                      mix(a.band.entropy, b.band.entropy, t)};
}

ChanceCurve simulateChance(const RoutingNull& null, int maxTokens, int replicates, const std::stop_token& stop)
{
    const bool grouped = null.nGroup > 1 && null.topkGroup < null.nGroup && null.nExperts % null.nGroup == 0;
    const int groupSize = grouped ? null.nExperts / null.nGroup : null.nExperts;
    const int open = grouped ? groupSize * null.topkGroup : null.nExperts;
    if (null.nMoeLayers < 1 || null.nExperts < 2 || null.nExpertsUsed < 1 || null.nExpertsUsed > open || maxTokens < 1)
        return ChanceCurve({});

    const std::vector<int> grid = tokenGrid(std::min(maxTokens, 65535)); // counts fit 16 bits
    std::vector<double> nLogN(size_t(grid.back()) + 1, 0);
    for (size_t n = 2; n < nLogN.size(); ++n)
        nLogN[n] = double(n) * std::log(double(n));

    std::vector<std::vector<Sample>> samples(grid.size(), std::vector<Sample>(size_t(replicates)));
    Random random(0x436f6e636c617665); // fixed: the same shape gives the same band on every machine
    Draw experts(open), groups(std::max(1, null.nGroup));
    std::vector<quint16> counts;
    for (int replicate = 0; replicate < replicates; ++replicate) {
        for (int layer = 0; layer < null.nMoeLayers; ++layer) {
            if (stop.stop_requested())
                return ChanceCurve({});
            counts.assign(size_t(null.nExperts), 0);
            int token = 0;
            for (size_t point = 0; point < grid.size(); ++point) {
                for (; token < grid[point]; ++token) {
                    const std::span<const quint16> opened =
                        grouped ? groups.next(null.topkGroup, random) : std::span<const quint16>();
                    for (const quint16 pick : experts.next(null.nExpertsUsed, random)) {
                        const int expert =
                            grouped ? opened[size_t(pick / groupSize)] * groupSize + pick % groupSize : pick;
                        ++counts[size_t(expert)];
                    }
                }
                addLayer(samples[point][size_t(replicate)], null, counts, token, nLogN);
            }
        }
    }

    std::vector<ChanceCurve::Point> points;
    std::vector<double> values(size_t(std::max(2, replicates)));
    for (size_t point = 0; point < grid.size(); ++point) {
        const auto band = [&](double Sample::* field) {
            std::transform(samples[point].begin(), samples[point].end(), values.begin(),
                           [field](const Sample& sample) { return sample.*field; });
            return bandOf(values);
        };
        points.push_back({grid[point], {band(&Sample::busiest), band(&Sample::unused), band(&Sample::entropy)}});
    }
    return ChanceCurve(std::move(points));
}

ChanceBands::ChanceBands(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    m_pool.setThreadPriority(QThread::LowestPriority); // the engine comes first
}

ChanceBands::~ChanceBands()
{
    m_stop.request_stop();
    m_pool.waitForDone();
}

std::optional<ChanceBand> ChanceBands::at(const RoutingNull& null, quint64 tokens)
{
    const auto found = m_curves.find(null);
    const int have = found == m_curves.end() ? 0 : found->second.lastTokens();
    if (found != m_curves.end() && have == 0)
        return std::nullopt; // a shape that cannot be simulated, e.g. one expert
    if (tokens > quint64(have)) {
        const int enough = tokensEnough(null);
        if (have < enough)
            simulate(null, std::min(std::max(kFirstTokens, have * kGrowth), enough));
    }
    return have > 0 ? found->second.at(tokens) : std::nullopt;
}

void ChanceBands::simulate(const RoutingNull& null, int maxTokens)
{
    if (m_running)
        return;
    m_running = null;
    m_pool.start([this, null, maxTokens, stop = m_stop.get_token()] {
        ChanceCurve curve = simulateChance(null, maxTokens, 200, stop);
        if (stop.stop_requested())
            return;
        QMetaObject::invokeMethod(
            this,
            [this, null, curve = std::move(curve)] {
                m_curves.insert_or_assign(null, curve);
                m_running.reset();
                emit ready();
            },
            Qt::QueuedConnection);
    });
}
