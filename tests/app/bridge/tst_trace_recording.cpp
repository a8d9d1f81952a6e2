#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "bridge/trace_recording.hpp"
#include "conclave/session.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr int layers = 2, k = 3;

// One step's arrays, with values that tell position, layer and rank apart.
struct Step {
    explicit Step(const std::vector<conclave::TraceRow>& stepRows) : rows(stepRows)
    {
        for (const conclave::TraceRow& row : rows) {
            for (int layer = 0; layer < layers; ++layer) {
                margins.push_back(float(row.position) + float(layer) / 10);
                groups.push_back(uint32_t(layer + 1));
                for (int rank = 0; rank < k; ++rank) {
                    ids.push_back(uint16_t(row.position * 10 + layer * k + rank));
                    weights.push_back(1.0f / float(rank + 1));
                }
            }
        }
    }
    conclave::StepTrace view() const
    {
        conclave::StepTrace step;
        step.rows = rows;
        step.n_moe_layers = layers;
        step.k = k;
        step.ids = ids;
        step.weights = weights;
        step.margins = margins;
        step.groups = groups;
        return step;
    }
    std::vector<conclave::TraceRow> rows;
    std::vector<uint16_t> ids;
    std::vector<float> weights, margins;
    std::vector<uint32_t> groups;
};

conclave::TraceHeader header()
{
    conclave::TraceHeader header;
    header.model_name = "test";
    header.moe_layers = {1, 2};
    header.n_layers = 3;
    header.n_experts = 1000;
    header.n_experts_used = k;
    header.n_vocab = 100;
    return header;
}

conclave::TokenEvent tokenEvent(int index, int position, const std::vector<conclave::TokenAlternative>& top)
{
    conclave::TokenEvent token;
    token.index = index;
    token.position = position;
    token.id = 50 + index;
    token.logprob = -0.5f;
    token.entropy = 1.5f;
    token.top = top;
    token.t_ns = index * 1000;
    return token;
}

} // namespace

class TestTraceRecording : public QObject
{
    Q_OBJECT
private slots:
    void tokensMeetTheRoutesOfTheirPosition()
    {
        QTemporaryDir dir;
        const QString path = dir.filePath(u"ö.ctr"_s);
        int samples = 0;
        {
            conclave::TracePrompt prompt;
            prompt.messages = {{conclave::Role::user, "hi"}};
            prompt.ids = {1, 2, 3, 4, 5};
            prompt.pieces = {"a", "b", "c", "d", "e"};
            TraceRecording recording(path, header(), prompt, [&] {
                ++samples;
                return conclave::DeviceSample{};
            });
            recording.step(Step({{2, 3}, {3, 4}}).view()); // 0 and 1 were cached
            recording.step(Step({{4, 5}}).view());
            const std::vector<conclave::TokenAlternative> top{{50, -0.5f}, {7, -1.0f}};
            recording.token(tokenEvent(0, 5, top), "x");
            QTest::qWait(1100); // the second turns
            recording.step(Step({{5, 50}}).view());
            recording.token(tokenEvent(1, 6, top), "y");
            recording.step(Step({{6, 51}}).view());
            recording.token(tokenEvent(2, 7, top), {}); // the last is never computed
            recording.end({.stop = "end_of_text",
                           .n_prompt = 5,
                           .n_cached = 2,
                           .n_generated = 3,
                           .prefill_tps = {},
                           .decode_tps = {}});
        }
        const auto trace = conclave::read_trace(std::filesystem::path(path.toStdU16String()));
        QVERIFY2(trace.has_value(), trace ? "" : trace.error().message.c_str());
        QVERIFY(trace->complete);
        QCOMPARE(trace->prompt.n_cached, 2);
        QCOMPARE(trace->prompt.messages.size(), size_t(1));
        QCOMPARE(trace->tokens.size(), size_t(8));
        QCOMPARE(samples, 1);
        QCOMPARE(trace->telemetry.size(), size_t(1));
        std::string text;
        for (int position = 0; position < 8; ++position) {
            const conclave::TraceToken& token = trace->tokens[size_t(position)];
            text += token.text;
            QCOMPARE(token.position, position);
            QCOMPARE(token.generated, position >= 5);
            QCOMPARE(token.has_routes, position >= 2 && position < 7);
            QCOMPARE(token.logprob.has_value(), position >= 5);
            if (token.has_routes) {
                QCOMPARE(token.ids.size(), size_t(layers * k));
                QCOMPARE(token.ids[4], uint16_t(position * 10 + 4));
                QCOMPARE(token.margins[1], float(position) + 0.1f);
                QCOMPARE(token.groups[1], 2u);
            }
        }
        QCOMPARE(text, std::string("abcdexy"));
        QCOMPARE(trace->tokens[5].top.size(), size_t(2));
    }

    void aRunStoppedBeforeItsFirstStepHasItsPrompt()
    {
        QTemporaryDir dir;
        const QString path = dir.filePath(u"t.ctr"_s);
        {
            conclave::TracePrompt prompt;
            prompt.ids = {1, 2};
            prompt.pieces = {"a", "b"};
            TraceRecording recording(path, header(), prompt, {});
            recording.end({.stop = "stopped", .n_prompt = 2, .prefill_tps = {}, .decode_tps = {}});
        }
        const auto trace = conclave::read_trace(std::filesystem::path(path.toStdU16String()));
        QVERIFY(trace.has_value() && trace->complete);
        QCOMPARE(trace->prompt.ids.size(), size_t(2));
    }

    void aPlaceThatCannotBeWrittenDoesNotStopTheRun()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".+"_s));
        TraceRecording recording(u"/nowhere/at/all/t.ctr"_s, header(), {}, {});
        recording.token(tokenEvent(0, 0, {}), "x");
        recording.step(Step({{0, 50}}).view());
        recording.end({});
    }
};

QTEST_GUILESS_MAIN(TestTraceRecording)
#include "tst_trace_recording.moc"
