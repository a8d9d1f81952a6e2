list(APPEND CONCLAVE_APP_SOURCES
  settings/model_settings.hpp
  settings/sampler_knobs.cpp settings/sampler_knobs.hpp
  settings/sampler_model.cpp settings/sampler_model.hpp
  settings/sampler_settings.hpp
  settings/settings.cpp settings/settings.hpp)
