list(APPEND CONCLAVE_APP_SOURCES settings/sampler_settings.hpp settings/settings.cpp settings/settings.hpp)
