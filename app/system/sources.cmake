list(APPEND CONCLAVE_APP_SOURCES system/help_model.cpp system/help_model.hpp)
