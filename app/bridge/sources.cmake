list(APPEND CONCLAVE_APP_SOURCES
  bridge/chat_backend.hpp
  bridge/event_queue.cpp bridge/event_queue.hpp
  bridge/run_events.hpp)
