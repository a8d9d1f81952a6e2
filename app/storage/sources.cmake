list(APPEND CONCLAVE_APP_SOURCES
  storage/chat_records.cpp storage/chat_records.hpp
  storage/chat_search.cpp storage/chat_search.hpp
  storage/chat_summary.hpp
  storage/database.cpp storage/database.hpp
  storage/message.hpp
  storage/profile.cpp storage/profile.hpp
  storage/schema.cpp storage/schema.hpp
  storage/store.cpp storage/store.hpp
  storage/trace_files.cpp storage/trace_files.hpp)
