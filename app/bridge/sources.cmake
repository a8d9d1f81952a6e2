list(APPEND CONCLAVE_APP_SOURCES
  bridge/chat_backend.hpp
  bridge/device_choices.cpp bridge/device_choices.hpp
  bridge/engine_worker.cpp bridge/engine_worker.hpp
  bridge/event_queue.cpp bridge/event_queue.hpp
  bridge/fitted_prompt.cpp bridge/fitted_prompt.hpp
  bridge/model_host.cpp bridge/model_host.hpp
  bridge/model_run.hpp
  bridge/model_texts.cpp bridge/model_texts.hpp
  bridge/recorded_text.cpp bridge/recorded_text.hpp
  bridge/recorded_tokens.cpp bridge/recorded_tokens.hpp
  bridge/replay_backend.cpp bridge/replay_backend.hpp
  bridge/routing_shape.cpp bridge/routing_shape.hpp
  bridge/run_events.hpp
  bridge/run_recorder.cpp bridge/run_recorder.hpp
  bridge/sentence.hpp
  bridge/trace_recording.cpp bridge/trace_recording.hpp)
