# The engine's dependencies from the sources that tests/gpu/pack collects. Defines the targets that the packages define, and
# answers find_package() for them.
enable_language(C) # of PCRE2 and utf8proc
foreach(package hwy CLI11 nlohmann_json GTest)
  string(TOLOWER ${package} lower)
  file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/${lower}-config.cmake "")
endforeach()

# conclave_packed(FOLDER SETTINGS ...): one dependency's own CMakeLists, with its settings as NAME=VALUE.
function(conclave_packed folder)
  foreach(setting IN LISTS ARGN)
    string(REPLACE "=" ";" setting ${setting})
    list(GET setting 0 name)
    list(GET setting 1 value)
    set(${name} ${value})
    set(${name} ${value} CACHE INTERNAL "")
  endforeach()
  add_subdirectory(${CONCLAVE_DEPS}/${folder} ${PROJECT_BINARY_DIR}/deps/${folder} EXCLUDE_FROM_ALL SYSTEM)
endfunction()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
conclave_packed(highway HWY_ENABLE_TESTS=OFF HWY_ENABLE_CONTRIB=OFF HWY_ENABLE_EXAMPLES=OFF HWY_ENABLE_INSTALL=OFF)
conclave_packed(pcre2 PCRE2_BUILD_TESTS=OFF PCRE2_BUILD_PCRE2GREP=OFF PCRE2_SUPPORT_JIT=ON PCRE2_SUPPORT_UNICODE=ON)
conclave_packed(googletest INSTALL_GTEST=OFF BUILD_GMOCK=OFF)

# Its own CMakeLists builds one file too.
add_library(utf8proc STATIC ${CONCLAVE_DEPS}/utf8proc/utf8proc.c)
target_include_directories(utf8proc SYSTEM PUBLIC ${CONCLAVE_DEPS}/utf8proc)
target_compile_definitions(utf8proc PUBLIC UTF8PROC_STATIC)

if(NOT TARGET hwy::hwy)
  add_library(hwy::hwy ALIAS hwy)
endif()
foreach(header_only nlohmann_json CLI11)
  add_library(packed_${header_only} INTERFACE)
  target_include_directories(packed_${header_only} SYSTEM INTERFACE ${CONCLAVE_DEPS}/include)
  add_library(${header_only}::${header_only} ALIAS packed_${header_only})
endforeach()
target_link_libraries(conclave_json INTERFACE nlohmann_json::nlohmann_json)
target_link_libraries(conclave_pcre2 INTERFACE pcre2-8-static)
target_link_libraries(conclave_utf8proc INTERFACE utf8proc)
set(CONCLAVE_MINJA_INCLUDE_DIR ${CONCLAVE_DEPS}/include)
