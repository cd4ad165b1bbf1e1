# dfs_library(NAME DEPS a b ...): one static library from the .cc files of the current folder, with
# exactly the dependencies it declares. Includes are by path from the root of the repository, so only
# the link shows an undeclared one: link_NAME takes the whole archive and its declared libraries, and
# fails on any symbol that they do not provide.
function(dfs_library name)
  cmake_parse_arguments(ARG "NO_PCH" "" "DEPS;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "library ${name} has no sources")
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  if(NOT ARG_NO_PCH)
    target_link_libraries(${name} PUBLIC dfs_asio)
    target_precompile_headers(${name} REUSE_FROM dfs_asio)
  endif()
  add_executable(link_${name} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tools/cmake/link_test.cc)
  target_link_libraries(link_${name} PRIVATE -Wl,--whole-archive $<TARGET_FILE:${name}>
                        -Wl,--no-whole-archive ${ARG_DEPS})
  if(NOT ARG_NO_PCH)
    target_link_libraries(link_${name} PRIVATE dfs_asio)
  endif()
  add_dependencies(link_${name} ${name})
  set_target_properties(link_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/link)
  set_property(GLOBAL APPEND PROPERTY DFS_LINK_TESTS link_${name})
endfunction()
