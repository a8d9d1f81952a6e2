#include <gtest/gtest.h>

#include "model/opened.hpp"

namespace conclave
{
namespace
{

class RenderWithin : public testing::Test
{
protected:
    int tokens(const std::vector<ChatMessage>& messages)
    {
        return static_cast<int>(model->render(messages)->ids.size());
    }

    Engine engine = test::make_engine();
    std::shared_ptr<const Model> model = test::open_model(engine, test::golden("text.gguf"));
    std::vector<ChatMessage> chat = {{Role::system, "be brief"},   {Role::user, "hello one"},
                                     {Role::assistant, "yes"},     {Role::user, "hello two"},
                                     {Role::assistant, "no"},      {Role::user, "hello three"},
                                     {Role::assistant, "perhaps"}, {Role::user, "last"}};
};

TEST_F(RenderWithin, LeavesOutAsFewTurnsAsItMust)
{
    std::vector<ChatMessage> kept = chat;
    int limit = tokens(chat);
    for (int n_dropped = 0; n_dropped <= 6; n_dropped += 2) {
        const auto fits = model->render_within(chat, limit);
        ASSERT_TRUE(fits) << fits.error().message;
        EXPECT_EQ(fits->n_dropped, n_dropped);
        EXPECT_EQ(fits->first_dropped, n_dropped > 0 ? 1 : 0) << "the system prompt stays";
        EXPECT_EQ(fits->prompt.ids, model->render(kept)->ids);
        limit = tokens(kept) - 1;
        kept.erase(kept.begin() + 1, kept.begin() + std::min<std::ptrdiff_t>(3, std::ssize(kept) - 1));
    }
}

TEST_F(RenderWithin, SaysWhenTheLastTurnAloneIsTooLong)
{
    const auto fits = model->render_within(chat, 5);
    ASSERT_FALSE(fits);
    EXPECT_EQ(fits.error().code, ErrorCode::context_full);
    EXPECT_NE(fits.error().message.find("the last question alone has"), std::string::npos);
    EXPECT_FALSE(model->render_within(std::span(chat).first(1), 1)) << "no turn at all";
}

} // namespace
} // namespace conclave
