list(APPEND CONCLAVE_APP_SOURCES
  chat/chat_controller.cpp chat/chat_controller.hpp chat/chat_controller_answer.cpp
  chat/chat_list_model.cpp chat/chat_list_model.hpp
  chat/chat_title.cpp chat/chat_title.hpp
  chat/message_tree.cpp chat/message_tree.hpp
  chat/run_batch.hpp
  chat/run_stream.cpp chat/run_stream.hpp
  chat/running_answer.cpp chat/running_answer.hpp
  chat/think_timer.cpp chat/think_timer.hpp
  chat/token_rate.hpp)
list(APPEND CONCLAVE_APP_SOURCES
  chat/code_highlighter.cpp chat/code_highlighter.hpp
  chat/conversation_blocks.cpp
  chat/conversation_caches.hpp
  chat/conversation_context.cpp chat/conversation_context.hpp
  chat/conversation_growth.cpp
  chat/conversation_layout.cpp chat/conversation_layout.hpp
  chat/conversation_layout_growing.cpp
  chat/conversation_message.cpp chat/conversation_message.hpp
  chat/conversation_model.cpp chat/conversation_model.hpp
  chat/conversation_prose_item.cpp chat/conversation_prose_item.hpp
  chat/conversation_roles.cpp
  chat/conversation_style.cpp chat/conversation_style.hpp
  chat/conversation_text.cpp chat/conversation_text.hpp
  chat/conversation_text_input.cpp
  chat/conversation_text_item.cpp chat/conversation_text_item.hpp
  chat/conversation_text_node.cpp chat/conversation_text_node.hpp
  chat/conversation_tokens.cpp
  chat/markdown_blocks.cpp chat/markdown_blocks.hpp
  chat/markdown_cursor.hpp
  chat/markdown_inline.cpp chat/markdown_inline.hpp
  chat/markdown_leaves.cpp
  chat/markdown_lines.cpp chat/markdown_lines.hpp
  chat/markdown_references.cpp
  chat/markdown_row.hpp
  chat/prose_row.hpp)
