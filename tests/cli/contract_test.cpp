// The contract of the section "Command line" of DESIGN: every key, every exit status.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "contract.hpp"

namespace conclave::test
{
namespace
{

TEST(Contract, Devices)
{
    const Finished done = run("devices --json");
    EXPECT_EQ(done.status, 0) << done.err;
    const Json devices = done.json();
    expect_keys(devices, "devices");
    EXPECT_FALSE(devices["cpu"]["kernels"].empty());
    EXPECT_NE(devices["cuda"].empty(), devices["cuda_status"] == "") << devices.dump();
    expect_error("info " + golden("dsv3.gguf") + " --device gpu", 2);
    expect_error("info " + golden("dsv3.gguf") + " --device cuda:77", 1);
}

TEST(Contract, Info)
{
    const Finished done = run("info " + golden("dsv3.gguf") + " --json");
    EXPECT_EQ(done.status, 0) << done.err;
    const Json info = done.json();
    expect_keys(info, "info");
    EXPECT_EQ(info["name"], "golden dsv3");
    EXPECT_EQ(info["family"], "deepseek");
    EXPECT_EQ(info["architecture"], "deepseek2");
    EXPECT_EQ(info["n_params"], 46200);
    EXPECT_EQ(info["n_layers"], 3);
    EXPECT_EQ(info["moe_layers"], Json::array({1, 2}));
    EXPECT_EQ(info["n_experts"], 16);
    EXPECT_EQ(info["n_experts_used"], 4);
    EXPECT_EQ(info["n_shared_experts"], 1);
    EXPECT_EQ(info["n_group"], 4);
    EXPECT_EQ(info["topk_group"], 2);
    EXPECT_EQ(info["routing_rule_source"], "file");
    EXPECT_EQ(info["quant"], (Json{{"F32", 46200 * 4}}));
    EXPECT_EQ(info["context_length"], 256);
    EXPECT_EQ(info["n_vocab"], 64);
    EXPECT_EQ(info["file_bytes"], std::filesystem::file_size(CONCLAVE_SOURCE_DIR "/tests/golden/model/dsv3.gguf"));
}

TEST(Contract, InfoOfAFolderIsThatOfTheSameModelAsGguf)
{
    Json folder = run("info " + golden("hf/dsv3") + " --json").json();
    Json file = run("info " + golden("dsv3.gguf") + " --json").json();
    EXPECT_EQ(folder["name"], "dsv3");
    EXPECT_GT(folder["file_bytes"], 46200 * 4);
    for (const char* own : {"name", "file_bytes"}) {
        folder.erase(own);
        file.erase(own);
    }
    EXPECT_EQ(folder, file);
}

TEST(Contract, Tokenize)
{
    const Finished done = run("tokenize " + golden("text.gguf") + " -p 'hello A' --bos --json");
    EXPECT_EQ(done.status, 0) << done.err;
    expect_keys(done.json(), "tokenize");
    EXPECT_EQ(done.json()["ids"], Json::array({260, 259, 32, 65}));
    EXPECT_EQ(done.json()["pieces"], Json::array({"<|begin|>", "hello", " ", "A"}));

    const Finished piped = run("tokenize " + golden("text.gguf") + " --json", "hello");
    EXPECT_EQ(piped.json()["ids"], Json::array({259}));
    EXPECT_EQ(run("tokenize " + golden("text.gguf") + " --special --json -p '<|end|>'").json()["ids"],
              Json::array({261}));
    EXPECT_GT(run("tokenize " + golden("text.gguf") + " --json -p '<|end|>'").json()["ids"].size(), 1u);
}

TEST(Contract, TokenizeLines)
{
    const Finished done = run("tokenize " + golden("text.gguf") + " --jsonl", "\"hello\"\n\"a\\nb\"\n\"\"\n");
    EXPECT_EQ(done.status, 0) << done.err;
    const std::vector<std::string> lines = done.lines();
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(Json::parse(lines[0]), Json::array({259}));
    EXPECT_EQ(Json::parse(lines[1]).size(), 3u);
    EXPECT_EQ(lines[2], "[]");
    EXPECT_EQ(run("tokenize " + golden("text.gguf") + " --jsonl", "hello\n").status, 1);
}

TEST(Contract, Logits)
{
    const Json expected = Json::parse(read_file(CONCLAVE_SOURCE_DIR "/tests/golden/model/dsv3.json"));
    std::string ids;
    for (const Json& id : expected["ids"])
        ids += (ids.empty() ? "" : ",") + id.dump();
    const std::string truth = read_file(CONCLAVE_SOURCE_DIR "/tests/golden/model/dsv3.logits");
    for (const char* options :
         {"", " --batch 5", " --mla naive", " --mla absorbed", " --kernels reference --trace off -t 1"}) {
        const std::string out = scratch("logits.bin");
        const Finished done =
            run("logits " + golden("dsv3.gguf") + " --ids " + ids + " --out '" + out + "' --json" + options);
        EXPECT_EQ(done.status, 0) << done.err;
        expect_keys(done.json(), "logits");
        EXPECT_EQ(done.json()["n_tokens"], 24);
        EXPECT_EQ(done.json()["n_vocab"], 64);
        const std::string bytes = read_file(out);
        ASSERT_EQ(bytes.size(), truth.size());
        for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
            float a = 0, b = 0;
            std::memcpy(&a, bytes.data() + i, sizeof a);
            std::memcpy(&b, truth.data() + i, sizeof b);
            ASSERT_NEAR(a, b, 1e-4) << options << " value " << i / sizeof(float);
        }
    }
}

TEST(Contract, Bench)
{
    const Finished done = run("bench " + golden("dsv3.gguf") + " -p 16 -n 4 -r 2 -d 8 -t 1 --json");
    EXPECT_EQ(done.status, 0) << done.err;
    const Json bench = done.json();
    expect_keys(bench, "bench");
    EXPECT_EQ(bench["prefill_tps_all"].size(), 2u);
    EXPECT_EQ(bench["decode_tps_all"].size(), 2u);
    EXPECT_GT(bench["prefill_tps"], 0);
    EXPECT_GT(bench["decode_tps"], 0);
    EXPECT_EQ(bench["n_prompt"], 16);
    EXPECT_EQ(bench["n_gen"], 4);
    EXPECT_EQ(bench["depth"], 8);
    EXPECT_EQ(bench["threads"], 1);
    EXPECT_GT(bench["machine_gbps"], 0);
    const double bytes = bench["bytes_per_token"], tps = bench["decode_tps"];
    EXPECT_NEAR(bench["achieved_gbps"].get<double>(), bytes * tps / 1e9, 1e-9);

    // Three tokens are decoded behind 24, and see 25 to 27 rows in f16; the cache has whole pages for 29.
    const double page = bench["kv_bytes"], row = page / 64;
    EXPECT_EQ(page, run("plan " + golden("dsv3.gguf") + " --ctx 29 --json").json()["kv_bytes"]);
    EXPECT_DOUBLE_EQ(bench["kv_bytes_per_token"], row * (25 + 26 + 27) / 3);
    EXPECT_NEAR(bench["achieved_with_kv_gbps"].get<double>(), (bytes + row * 26) * tps / 1e9, 1e-9);
}

TEST(Contract, BenchOfOneTokenHasNoBandwidth)
{
    const Json bench = run("bench " + golden("dsv3.gguf") + " -p 16 -n 1 -r 1 -t 1 --json").json();
    expect_keys(bench, "bench");
    for (const char* key : {"decode_tps", "achieved_gbps", "kv_bytes_per_token", "achieved_with_kv_gbps"})
        EXPECT_TRUE(bench[key].is_null()) << key;
}

TEST(Contract, BenchProfile)
{
    const Finished done = run("bench " + golden("dsv3.gguf") + " -p 16 -n 4 -r 2 -t 1 --profile --json");
    EXPECT_EQ(done.status, 0) << done.err;
    const Json bench = done.json();
    for (const char* phase : {"prefill", "decode"}) {
        double share = 0;
        std::vector<std::string> stages;
        for (const Json& stage : bench["profile"][phase]) {
            expect_keys(stage, "bench stage");
            share += stage["share"].get<double>();
            stages.push_back(stage["stage"]);
            EXPECT_GE(stage["ms_per_token"], 0) << stage;
        }
        EXPECT_NEAR(share, 1, 1e-9) << phase;
        std::ranges::sort(stages);
        EXPECT_EQ(stages, (std::vector<std::string>{"attention_mla", "embed", "head", "mlp", "moe", "other"})) << phase;
    }
}

TEST(Contract, PlanRefusesWhatASessionRefuses)
{
    const std::string file = golden("dsv3.gguf");
    for (const std::string options : {"--kv q8_0", "--ctx 1000000"}) {
        const Finished plan =
            run("plan " + file + (options.find("ctx") != std::string::npos ? " " : " --ctx 100 ") + options);
        const Finished chat = run("generate " + file + " --ids 1,2 " + options);
        EXPECT_NE(plan.status, 0) << options;
        EXPECT_EQ(plan.err, chat.err) << options;
        EXPECT_TRUE(plan.out.empty()) << plan.out;
    }
}

TEST(Contract, Plan)
{
    const Finished done = run("plan " + golden("dsv3.gguf") + " --ctx 100 --json");
    EXPECT_EQ(done.status, 0) << done.err;
    const Json plan = done.json();
    expect_keys(plan, "plan");
    EXPECT_EQ(plan["weights_bytes"], 46200 * 4);
    EXPECT_EQ(plan["kv_bytes"], 128 * 3 * 24 * 2);
    EXPECT_EQ(plan["kv"], "f16");
    for (const auto& [type, bytes] : {std::pair{"f32", 4}, {"bf16", 2}}) {
        const Json other = run("plan " + golden("dsv3.gguf") + " --ctx 100 --json --kv " + type).json();
        EXPECT_EQ(other["kv_bytes"], 128 * 3 * 24 * bytes);
    }
    EXPECT_EQ(plan["total_bytes"].get<int64_t>(),
              plan["weights_bytes"].get<int64_t>() + plan["kv_bytes"].get<int64_t>() +
                  plan["branch_bytes"].get<int64_t>() + plan["scratch_bytes"].get<int64_t>());
}

TEST(Contract, TextWithoutJson)
{
    const Finished info = run("info " + golden("dsv3.gguf"));
    EXPECT_EQ(info.status, 0);
    EXPECT_NE(info.out.find("top-2 sum"), std::string::npos);
    EXPECT_NE(info.out.find("184800 bytes"), std::string::npos) << info.out;
    EXPECT_EQ(info.out.find(" 0.00 MB"), std::string::npos) << info.out;
    EXPECT_NE(run("plan " + golden("dsv3.gguf") + " --ctx 10").out.find("total"), std::string::npos);
    EXPECT_NE(run("--help").out.find("generate"), std::string::npos);
    EXPECT_EQ(run("--help").status, 0);
}

TEST(Contract, IdsWhereThereIsNoText)
{
    const Finished done = run("generate " + golden("dsv3.gguf") + " --ids 1,2 -n 3 --temp 0");
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(std::count(done.out.begin(), done.out.end(), ' '), 3) << "three ids: " << done.out;
    EXPECT_EQ(done.err.find("after 0 ms"), std::string::npos) << done.err;
}

TEST(Contract, ATerminalHasNothingToObey)
{
    const std::string model = golden("text.gguf");
    const int id = run("tokenize " + model + " --json", "\x1B").json()["ids"].at(0);
    const std::string forced = " --logit-bias " + std::to_string(id) + "+1000 --temp 0 -n 3";
    const Finished text = run("generate " + model + " -p a" + forced);
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out, "   ");
    const Finished chat = run("chat " + model + forced, "a\n");
    EXPECT_EQ(chat.out, "   \n\n");
    EXPECT_EQ(chat.err.find("> "), std::string::npos) << "nobody types into a pipe: " << chat.err;
    EXPECT_NE(run("generate " + model + " -p a --json" + forced).out.find("\\u001b"), std::string::npos);
}

TEST(Contract, BadUsageIsTwo)
{
    EXPECT_NE(run("frob").err.find("\"frob\" is no command; there are info, "), std::string::npos);
    const std::string model = golden("dsv3.gguf");
    for (const std::string& arguments : {std::string(),
                                         std::string("fly"),
                                         std::string("info"),
                                         "info " + model + " --nonsense",
                                         "info " + model + " -t x",
                                         "info " + model + " --kernels AVX9000",
                                         "info " + model + " --trace maybe",
                                         "logits " + model + " --ids 1",
                                         "logits " + model + " --ids 1,x --out o",
                                         "logits " + model + " --ids 1,64 --out '" + scratch("o") + "'",
                                         "logits " + model + " --ids 1 --out o --mla both",
                                         "generate " + model,
                                         "generate " + model + " --ids 1 -p a",
                                         "generate " + model + " --ids 64",
                                         "generate " + model + " --ids 1 --temp -1",
                                         "generate " + model + " --ids 1 --ctx 1000",
                                         "generate " + model + " --ids 1 --logit-bias 3",
                                         "generate " + model + " --ids 1 --logit-bias 64+1",
                                         "generate " + model + " --ids 1 --samplers 'top_k;bottom_k'",
                                         "generate " + model + " --ids 1 --samplers 'top_k;top_k'",
                                         "generate " + model + " --ids 1 --mirostat 3",
                                         "generate " + model + " --ids 1 --stop end",
                                         "generate " + golden("text.gguf") + " --ids 1 --grammar 'root ::= root'",
                                         "generate " + golden("text.gguf") + " --ids 1 --grammar 'root'",
                                         "generate " + golden("text.gguf") + " --ids 1 --grammar-file /nowhere/g",
                                         "generate " + golden("text.gguf") + " -p a --tools /nowhere/tools.json",
                                         "generate " + golden("text.gguf") + " -p a --tools /dev/null --raw --system x",
                                         "generate " + golden("text.gguf") + " --ids 1 -j '{'",
                                         "generate " + golden("text.gguf") + " --ids 1 -j '{\"not\": {}}'",
                                         "generate " + model + " --ids 1 --xtc-probability 2",
                                         "plan " + model,
                                         "plan " + model + " --ctx 0",
                                         "plan " + model + " --ctx 100000",
                                         "bench " + model + " -r 0",
                                         "bench " + model + " -p 1000",
                                         std::string("trace"),
                                         std::string("trace dump")})
        expect_error(arguments, 2);
}

TEST(Contract, FailureIsOne)
{
    const std::string model = golden("dsv3.gguf");
    for (const std::string& arguments :
         {std::string("info /nowhere/model.gguf"), "info " + golden("make.py"),
          std::string("info '" CONCLAVE_SOURCE_DIR "/tests'"), "tokenize " + model + " -p a",
          "generate " + model + " -p a", "logits " + model + " --ids 1 --out /nowhere/o", "chat " + model,
          std::string("trace dump /nowhere/a.ctr"), "trace dump " + model})
        expect_error(arguments, 1);
}

TEST(Contract, Selftest)
{
    const Finished done = run("selftest --json");
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.json()["n_failed"], 0);
    EXPECT_GT(done.json()["n_checks"], 10);
}

} // namespace
} // namespace conclave::test
