// The contract of "generate" and "chat".
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "contract.hpp"

namespace conclave::test
{
namespace
{

void expect_routes(const Json& routes)
{
    ASSERT_EQ(routes.size(), 2u);
    for (size_t m = 0; m < 2; ++m) {
        expect_keys(routes[m], "generate route");
        EXPECT_EQ(routes[m]["layer"], m + 1);
        EXPECT_EQ(routes[m]["ids"].size(), 4u);
        EXPECT_EQ(routes[m]["weights"].size(), 4u);
        EXPECT_EQ(routes[m]["groups"].size(), 2u);
        EXPECT_GE(routes[m]["group_margin"].get<double>(), 0);
        EXPECT_TRUE(routes[m]["margin"].is_number());
    }
}

TEST(Contract, Generate)
{
    const std::string command = "generate " + golden("dsv3.gguf") + " --ids 1,2,3,4,5 --seed 7 --temp 1 -n 6 --json";
    const Finished done = run(command);
    EXPECT_EQ(done.status, 0) << done.err;
    const std::vector<std::string> lines = done.lines();
    ASSERT_EQ(lines.size(), 7u);
    for (size_t i = 0; i < 6; ++i) {
        const Json token = Json::parse(lines[i]);
        expect_keys(token, "generate token");
        EXPECT_EQ(token["i"], i);
        EXPECT_EQ(token["top"].size(), 5u);
        EXPECT_EQ(token["top"][0].size(), 2u);
        if (i < 5)
            expect_routes(token["routes"]);
        else
            EXPECT_EQ(token["routes"], Json::array()) << "the last token is never computed";
    }
    const Json end = Json::parse(lines[6]);
    expect_keys(end, "generate done");
    EXPECT_EQ(end["done"], true);
    EXPECT_EQ(end["stop"], "max_tokens");
    EXPECT_EQ(end["n_prompt"], 5);
    EXPECT_EQ(end["n_cached"], 0);
    EXPECT_EQ(end["n_generated"], 6);
    EXPECT_EQ(end["seed"], 7);
    EXPECT_EQ(end["sum_counts"], (5 + 5) * 4 * 2);

    const std::vector<std::string> again = run(command).lines();
    for (size_t i = 0; i < 6; ++i) {
        Json a = Json::parse(lines[i]), b = Json::parse(again.at(i));
        a.erase("t_ns");
        b.erase("t_ns");
        EXPECT_EQ(a, b) << "the same seed gives the same answer";
    }
}

TEST(Contract, GenerateInspectsItsSamplers)
{
    const std::string command = "generate " + golden("dsv3.gguf") + " --ids 1,2,3 --seed 7 -n 2 --json --n-inspect 3";
    const Finished done =
        run(command + " --temp 0.8 --top-k 20 --top-p 0.9 --min-p 0.01 --typical 0.95 --top-n-sigma 2"
                      " --xtc-probability 0.5 --xtc-threshold 0.05 --repeat-penalty 1.1 --repeat-last-n -1"
                      " --presence-penalty 0.1 --frequency-penalty 0.1 --dry-multiplier 0.8 --dry-base 1.5"
                      " --dry-allowed-length 1 --dry-penalty-last-n 32 --dry-sequence-breaker none"
                      " --dynatemp-range 0.2 --dynatemp-exp 1.5 -l 4+1.5 -l 5-inf --ban-tokens 6,7");
    EXPECT_EQ(done.status, 0) << done.err;
    const Json stages = Json::parse(done.lines()[0])["sampling"];
    std::vector<std::string> names;
    for (const Json& stage : stages) {
        expect_keys(stage, "generate stage");
        names.push_back(stage["stage"]);
        EXPECT_LE(stage["top"].size(), 3u);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"model", "logit_bias", "penalties", "dry", "top_n_sigma", "top_k",
                                               "typ_p", "top_p", "min_p", "xtc", "temperature"}));
    EXPECT_EQ(stages[0]["n"], 64);
    EXPECT_EQ(stages[1]["n"], 61) << "three are banned";

    const Finished ordered = run(command + " --samplers 'temperature;top_k' --top-k 4");
    EXPECT_EQ(Json::parse(ordered.lines()[0])["sampling"][2]["stage"], "top_k") << ordered.err;
    const Finished mirostat = run(command + " --mirostat 2 --mirostat-ent 3 --mirostat-lr 0.2");
    EXPECT_EQ(Json::parse(mirostat.lines()[0])["sampling"].back()["stage"], "mirostat") << mirostat.err;
    EXPECT_FALSE(
        Json::parse(run("generate " + golden("dsv3.gguf") + " --ids 1 -n 1 --json").lines()[0]).contains("sampling"));
}

TEST(Contract, GenerateFromText)
{
    const Finished done =
        run("generate " + golden("text.gguf") + " -p hello --system 'be brief' --seed 3 -n 12 --json");
    EXPECT_EQ(done.status, 0) << done.err;
    const std::vector<std::string> lines = done.lines();
    std::string text;
    for (size_t i = 0; i + 1 < lines.size(); ++i)
        text += Json::parse(lines[i])["text"].get<std::string>();
    const Json end = Json::parse(lines.back());
    EXPECT_EQ(end["text"], text);
    EXPECT_EQ(end["n_prompt"], 1 + 8 + 1 + 1 + 1 + 1)
        << "begin, the system prompt, its newline, User, hello, Assistant";
    const Finished raw = run("generate " + golden("text.gguf") + " -p 'hello<|end|>' --raw --seed 3 -n 2 --json");
    EXPECT_EQ(Json::parse(raw.lines().back())["n_prompt"], 3) << "begin, hello, end";
}

TEST(Contract, GenerateStopsBeforeAString)
{
    const std::string command = "generate " + golden("text.gguf") + " -p hello --seed 3 -n 24 --json";
    const std::string text = Json::parse(run(command).lines().back())["text"];
    ASSERT_EQ(text.find("S"), text.find("SS"));
    const Json stopped = Json::parse(run(command + " --stop SS -r 'no such text'").lines().back());
    EXPECT_EQ(stopped["text"], text.substr(0, text.find("SS")));
    EXPECT_EQ(stopped["stop"], "stop_string");
}

TEST(Contract, GenerateFitsAGrammar)
{
    const std::string command = "generate " + golden("text.gguf") + " -p hello --seed 3 -n 400 --json ";
    const auto text = [&](const std::string& options) {
        return Json::parse(run(command + options).lines().back())["text"];
    };
    EXPECT_EQ(text("--grammar 'root ::= \"a\" \"b\"'"), "ab");
    EXPECT_EQ(text("-j '{\"const\": [1, true]}'"), "[1,true]");
    const std::string file = scratch("grammar.gbnf");
    std::ofstream(file) << "root ::= \"from a file\"";
    EXPECT_EQ(text("--grammar-file '" + file + "'"), "from a file");
    std::ofstream(file) << R"({"type": "null"})";
    EXPECT_EQ(text("--json-schema-file '" + file + "'"), "null");
}

TEST(Contract, GenerateWithTraceOff)
{
    const Finished done = run("generate " + golden("dsv3.gguf") + " --ids 1,2 -n 3 --temp 0 --trace off --json");
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(Json::parse(done.lines()[0])["routes"], Json::array());
    EXPECT_TRUE(Json::parse(done.lines().back())["sum_counts"].is_null());
}

TEST(Contract, Chat)
{
    const Finished done = run("chat " + golden("text.gguf") + " --seed 1 -n 8 --json", "hello\n\nagain\n");
    EXPECT_EQ(done.status, 0) << done.err;
    const std::vector<std::string> lines = done.lines();
    ASSERT_EQ(lines.size(), 2u) << "one answer a question, none for an empty line";
    const Json first = Json::parse(lines[0]), second = Json::parse(lines[1]);
    EXPECT_EQ(first["n_cached"], 0);
    EXPECT_EQ(first["stop"], first["n_generated"] == 8 ? "max_tokens" : "end_of_text");
    EXPECT_GE(second["n_cached"], first["n_prompt"]) << "the second turn reuses the first";
    EXPECT_EQ(run("chat " + golden("text.gguf") + " --seed 1 -n 8", "").status, 0) << "ends at the end of input";
}

/// The model that comes with the program; the golden ones have no whole block to draft by.
std::string guide()
{
    return "'" CONCLAVE_SOURCE_DIR "/resources/models/guide-ds.gguf'";
}

TEST(Contract, DraftsChangeNothingButTheirNumbers)
{
    const std::string question = " -p 'What is a mixture of experts?' --temp 0 --seed 1 -n 40",
                      json = question + " --json";
    const std::vector<std::string> plain = run("generate " + guide() + json).lines(),
                                   drafting = run("generate " + guide() + json + " --draft 1").lines();
    ASSERT_EQ(plain.size(), drafting.size());
    for (size_t i = 0; i < plain.size(); ++i) {
        Json a = Json::parse(plain[i]), b = Json::parse(drafting[i]);
        if (i + 1 == plain.size()) {
            EXPECT_TRUE(a["n_drafted"].is_null() && a["n_accepted"].is_null());
            EXPECT_GT(b["n_accepted"], 5);
            EXPECT_GE(b["n_drafted"], b["n_accepted"]);
        }
        for (const char* own : {"t_ns", "ttft_ms", "prefill_tps", "decode_tps", "n_drafted", "n_accepted"}) {
            a.erase(own);
            b.erase(own);
        }
        EXPECT_EQ(a, b);
    }
    EXPECT_NE(run("generate " + guide() + question + " --draft 1").err.find(" drafts accepted, seed 1"),
              std::string::npos);
    EXPECT_EQ(run("generate " + guide() + question).err.find("drafts"), std::string::npos);
    const Finished chat = run("chat " + guide() + " --temp 0 --draft 1", "Who are you?\n");
    EXPECT_NE(chat.err.find(" drafts accepted]"), std::string::npos) << chat.err;
    EXPECT_GT(run("chat " + guide() + " --temp 0 --draft 1 --json", "Who are you?\n").json()["n_accepted"], 0);

    const Json bench = run("bench " + guide() + " -p 16 -n 8 -r 1 --draft 1 --json").json();
    EXPECT_GT(bench["n_drafted"], 0);
    EXPECT_TRUE(run("bench " + guide() + " -p 16 -n 8 -r 1 --json").json()["n_drafted"].is_null());
    const Json info = run("info " + guide() + " --json").json();
    EXPECT_EQ(info["n_params_mtp"], 1182176);
    const Json without = run("plan " + guide() + " --ctx 64 --json").json(),
               with = run("plan " + guide() + " --ctx 64 --draft 1 --json").json();
    EXPECT_GT(with["weights_bytes"], without["weights_bytes"]);
    EXPECT_EQ(with["kv_bytes"].get<int>() * 7, without["kv_bytes"].get<int>() * 8);

    expect_error("generate " + golden("qwen3.gguf") + " --ids 1,2 --draft 1", 1);
    expect_error("plan " + golden("qwen3.gguf") + " --ctx 10 --draft 1", 1);
    expect_error("generate " + guide() + " --ids 1,2 --draft 2", 2);
}

TEST(Contract, ChatSaysWhatItLeavesOut)
{
    std::string questions;
    for (int i = 0; i < 12; ++i)
        questions += "hello hello hello hello hello\n";
    const std::string command = "chat " + golden("text.gguf") + " --seed 1 -n 8 --ctx 96 --json";
    EXPECT_EQ(run(command, questions).status, 1) << "it stops unless told otherwise";

    const Finished dropped = run(command + " --when-full drop", questions);
    EXPECT_EQ(dropped.status, 0) << dropped.err;
    EXPECT_EQ(dropped.lines().size(), 12u);
    int n_dropped = 0;
    for (const std::string& line : dropped.lines())
        n_dropped += Json::parse(line)["n_dropped"].get<int>();
    EXPECT_GT(n_dropped, 2);
    EXPECT_NE(dropped.err.find("messages no longer fit the context and are left out]"), std::string::npos);

    const Finished asked = run(command + " --when-full ask", questions); // the next line is no "yes"
    EXPECT_EQ(asked.status, 1);
    EXPECT_NE(asked.err.find("Leave out the oldest"), std::string::npos);
    EXPECT_NE(asked.err.find("nothing was left out"), std::string::npos);
}

} // namespace
} // namespace conclave::test
