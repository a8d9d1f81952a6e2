#include "formats/hf_folder.hpp"

#include <random>

#include <gtest/gtest.h>

#include "../../fuzz/mutate.hpp"
#include "base/load_le.hpp"
#include "hf_writer.hpp"
#include "scratch_folder.hpp"
#include "sound_folder.hpp"

namespace conclave
{
namespace
{

class HfFolder : public testing::Test
{
protected:
    void write(const std::string& name, const std::string& text) { write_file(m_folder / name, text); }
    void write(const std::string& name, const SafetensorsWriter& writer)
    {
        write_file(m_folder / name, writer.bytes());
    }
    void write_config(const std::string& more = "")
    {
        write("config.json", R"({"model_type": "qwen2_moe", "num_hidden_layers": 1)" + more + "}");
    }
    std::string message()
    {
        const auto model = open_hf_folder(m_folder / "");
        return model ? "" : model.error().message;
    }

    ScratchFolder m_folder;
};

bool says(const std::string& message, const std::string& text)
{
    return message.find(text) != std::string::npos && message.ends_with('.');
}

SafetensorsWriter experts(int first, int last, float value = 0)
{
    SafetensorsWriter writer;
    for (int e = first; e <= last; ++e)
        writer.add("model.layers.0.mlp.experts." + std::to_string(e) + ".up_proj.weight", {2, 3},
                   std::vector<float>(6, value + static_cast<float>(e)));
    return writer;
}

TEST_F(HfFolder, IsMeantByAnyOfItsFiles)
{
    EXPECT_EQ(hf_folder_of(m_folder / ""), m_folder / "");
    EXPECT_EQ(hf_folder_of("a/config.json"), std::filesystem::path("a"));
    EXPECT_EQ(hf_folder_of("config.json"), std::filesystem::path("."));
    EXPECT_EQ(hf_folder_of("a/model-00001-of-00002.safetensors"), std::filesystem::path("a"));
    EXPECT_EQ(hf_folder_of("a/model.safetensors.index.json"), std::filesystem::path("a"));
    EXPECT_FALSE(hf_folder_of("a/model.gguf"));
    EXPECT_FALSE(hf_folder_of("a/tokenizer.json"));
}

TEST_F(HfFolder, StacksTheExpertsOfSeveralFiles)
{
    write_config();
    write("model-00001-of-00002.safetensors", experts(1, 10));
    write("model-00002-of-00002.safetensors", experts(0, 0).add("model.norm.weight", {1}, {7}));
    const auto model = open_hf_folder(m_folder / "");
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->files().size(), 2u);
    const FileTensor* stack = model->find("blk.0.ffn_up_exps.weight");
    ASSERT_TRUE(stack);
    EXPECT_EQ(stack->dims[2], 11);
    ASSERT_EQ(stack->parts.size(), 11u);
    for (int e = 0; e < 11; ++e)
        EXPECT_EQ(load_le<float>(stack->parts[static_cast<size_t>(e)].data()), static_cast<float>(e));
    EXPECT_EQ(stack->n_bytes(), 11u * 24);
    EXPECT_TRUE(model->find("output_norm.weight"));
    EXPECT_EQ(model->hash().size(), 16u);
}

TEST_F(HfFolder, ExpertsMustBeCompleteAndAlike)
{
    write_config();
    write("model.safetensors",
          experts(0, 2).add("model.layers.0.mlp.experts.4.up_proj.weight", {2, 3}, std::vector<float>(6)));
    EXPECT_TRUE(says(message(), "the tensor of expert 3 beside")) << message();
    write("model.safetensors",
          experts(0, 2).add("model.layers.0.mlp.experts.3.up_proj.weight", {3, 2}, std::vector<float>(6)));
    EXPECT_TRUE(says(message(), "differ in shape or type")) << message();
    write("model.safetensors",
          experts(0, 2).add("model.layers.0.mlp.experts.02.up_proj.weight", {2, 3}, std::vector<float>(6)));
    EXPECT_TRUE(says(message(), "there twice")) << message();
}

TEST_F(HfFolder, FollowsAnIndexOnlyInsideTheFolder)
{
    write_config();
    write("a.safetensors", experts(0, 0));
    write("stray.safetensors", experts(0, 0));
    const auto index = [this](const std::string& map) {
        write("model.safetensors.index.json", R"({"weight_map": )" + map + "}");
        return message();
    };
    EXPECT_EQ(index(R"({"x": "a.safetensors", "y": "a.safetensors"})"), "");
    EXPECT_TRUE(
        says(index(R"({"x": "b.safetensors", "y": "c.safetensors"})"), "2 are missing: b.safetensors, c.safetensors"));
    EXPECT_TRUE(says(index(R"({"x": "../a.safetensors"})"), "no file name for tensor \"x\""));
    EXPECT_TRUE(says(index(R"({"x": 7})"), "no file name"));
    EXPECT_TRUE(says(index("{}"), "no weight_map"));
    EXPECT_TRUE(says(index("["), "no valid JSON at byte"));
}

TEST_F(HfFolder, SaysWhatIsNotThere)
{
    EXPECT_TRUE(says(message(), "holds no config.json"));
    write("config.json", "[]");
    EXPECT_TRUE(says(message(), "no JSON object"));
    write_config();
    EXPECT_TRUE(says(message(), "no .safetensors files"));
    write("model.safetensors", experts(0, 0));
    EXPECT_EQ(message(), "");
    write_config(R"(, "tie_word_embeddings": false)");
    EXPECT_TRUE(says(message(), "lm_head.weight is missing"));
}

TEST_F(HfFolder, TiedOutputIsTheEmbedding)
{
    write_config(R"(, "tie_word_embeddings": true)");
    write("model.safetensors", experts(0, 0).add("lm_head.weight", {1, 1}, {7}));
    const auto model = open_hf_folder(m_folder / "");
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_FALSE(model->find("output.weight"));
}

TEST_F(HfFolder, NoTensorTwice)
{
    write_config();
    write("a.safetensors", SafetensorsWriter().add("model.norm.weight", {1}, {7}));
    write("b.safetensors", SafetensorsWriter().add("model.norm.weight", {1}, {7}));
    EXPECT_TRUE(says(message(), "\"model.norm.weight\" twice"));
}

TEST_F(HfFolder, TakesTheNameOfAModelInTheCache)
{
    const auto folder = m_folder / "models--Owner--Some-Model" / "snapshots" / "0123abcd";
    std::filesystem::create_directories(folder);
    write_file(folder / "config.json", std::string(R"({"model_type": "llama"})"));
    write_file(folder / "model.safetensors", experts(0, 0).bytes());
    const auto model = open_hf_folder(folder);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->name(), "Some-Model");
}

TEST_F(HfFolder, EveryPrefixIsAnErrorOrALoad)
{
    const auto bytes = sound_folder();
    const auto whole = open_as_folder(m_folder / "", bytes);
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_TRUE(read_all_of(*whole));
    for (size_t n = 0; n < bytes.size(); ++n) {
        const auto cut = open_as_folder(m_folder / "", std::span(bytes).first(n));
        EXPECT_FALSE(cut) << n;
        EXPECT_TRUE(cut || cut.error().message.ends_with('.')) << cut.error().message;
    }
}

TEST_F(HfFolder, AThousandMutationsNeverCrash)
{
    std::mt19937_64 random(1);
    int n_loads = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto file = open_as_folder(m_folder / "", mutate(sound_folder(), random));
        EXPECT_TRUE(file ? read_all_of(*file) : file.error().message.ends_with('.'));
        n_loads += file ? 1 : 0;
    }
    EXPECT_GT(n_loads, 50);
    EXPECT_LT(n_loads, 950);
}

} // namespace
} // namespace conclave
