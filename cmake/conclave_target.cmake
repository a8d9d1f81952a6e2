# conclave_target(NAME): the language, warnings and floating-point rules every target of this project shares.
# Contraction is off so that a reference and a kernel that compute the same expression agree bit for bit; tuned kernels
# ask for fused multiply-add by name.
option(CONCLAVE_WERROR "Treat warnings as errors" OFF)
set(CONCLAVE_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=...: address,undefined or thread")

function(conclave_target name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  set(options -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off)
  if(CONCLAVE_WERROR)
    list(APPEND options -Werror)
  endif()
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${options}>")
  if(CONCLAVE_SANITIZE)
    target_compile_options(${name} PUBLIC -fsanitize=${CONCLAVE_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${name} PUBLIC -fsanitize=${CONCLAVE_SANITIZE})
  endif()
endfunction()

# conclave_layer(NAME LINKS ... SOURCES ...): one layer of the engine as a static library engine_NAME. It sees the public
# headers and engine/src; the layers it may call are exactly the libraries it links.
function(conclave_layer layer)
  cmake_parse_arguments(arg "" "" "LINKS;PRIVATE_LINKS;SOURCES" ${ARGN})
  add_library(engine_${layer} STATIC ${arg_SOURCES})
  conclave_target(engine_${layer})
  target_include_directories(engine_${layer} PUBLIC ${PROJECT_SOURCE_DIR}/engine/include ${PROJECT_SOURCE_DIR}/engine/src)
  target_link_libraries(engine_${layer} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  set_target_properties(engine_${layer} PROPERTIES AUTOMOC OFF)
endfunction()
