list(APPEND CONCLAVE_APP_SOURCES system/help_model.cpp system/help_model.hpp)
list(APPEND CONCLAVE_APP_SOURCES
  system/command_line.cpp system/command_line.hpp
  system/device_sampler.cpp system/device_sampler.hpp
  system/process_clock.cpp system/process_clock.hpp
  system/single_instance.cpp system/single_instance.hpp)
