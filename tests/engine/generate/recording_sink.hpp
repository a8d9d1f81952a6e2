#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conclave/session.hpp"

namespace conclave::test
{

/// Keeps everything a run reports.
class RecordingSink : public EventSink
{
public:
    struct Token {
        int index, position;
        int32_t id;
        std::string text;
        float logprob, entropy;
        std::vector<TokenAlternative> top;
        bool operator==(const Token& other) const
        {
            return index == other.index && position == other.position && id == other.id && text == other.text &&
                   logprob == other.logprob && entropy == other.entropy;
        }
    };
    struct Step {
        Phase phase;
        int kernel_class, n_done, n_total;
        std::vector<TraceRow> rows;
        std::vector<uint16_t> ids;
        std::vector<float> weights, margins;
        std::vector<uint32_t> groups;
    };

    void on_token(const TokenEvent& e) override
    {
        tokens.push_back(
            {e.index, e.position, e.id, std::string(e.text), e.logprob, e.entropy, {e.top.begin(), e.top.end()}});
        if (after_token)
            after_token();
    }
    void on_step(const StepTrace& s) override
    {
        steps.push_back({s.phase,
                         s.kernel_class,
                         s.n_done,
                         s.n_total,
                         {s.rows.begin(), s.rows.end()},
                         {s.ids.begin(), s.ids.end()},
                         {s.weights.begin(), s.weights.end()},
                         {s.margins.begin(), s.margins.end()},
                         {s.groups.begin(), s.groups.end()}});
        if (after_step)
            after_step();
    }
    std::vector<int32_t> ids() const
    {
        std::vector<int32_t> out;
        for (const Token& token : tokens)
            out.push_back(token.id);
        return out;
    }

    std::vector<Token> tokens;
    std::vector<Step> steps;
    std::function<void()> after_token, after_step;
};

/// Keeps all logits and routes, row after row.
class RecordingScore : public ScoreSink
{
public:
    void on_logits(int position, std::span<const float> row) override
    {
        positions.push_back(position);
        logits.insert(logits.end(), row.begin(), row.end());
    }
    void on_step(const StepTrace& s) override
    {
        ids.insert(ids.end(), s.ids.begin(), s.ids.end());
        weights.insert(weights.end(), s.weights.begin(), s.weights.end());
        margins.insert(margins.end(), s.margins.begin(), s.margins.end());
        groups.insert(groups.end(), s.groups.begin(), s.groups.end());
    }

    std::vector<int> positions;
    std::vector<float> logits;
    std::vector<uint16_t> ids;
    std::vector<float> weights, margins;
    std::vector<uint32_t> groups;
};

} // namespace conclave::test
