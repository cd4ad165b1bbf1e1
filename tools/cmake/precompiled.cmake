# dfs_asio: Boost.Asio compiled once, and the one precompiled header that every library of ours shares.
# It holds asio, fmt and the standard library, never our own headers nor generated protobuf.
file(WRITE ${CMAKE_BINARY_DIR}/asio/asio.cc "#include <boost/asio/impl/src.hpp>\n")
file(WRITE ${CMAKE_BINARY_DIR}/asio/beast.cc "#include <boost/beast/src.hpp>\n")
add_library(dfs_asio STATIC ${CMAKE_BINARY_DIR}/asio/asio.cc ${CMAKE_BINARY_DIR}/asio/beast.cc)
target_compile_definitions(dfs_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ALIGN SPDLOG_FMT_EXTERNAL)
target_link_libraries(dfs_asio PUBLIC Boost::headers fmt::fmt Threads::Threads)
target_precompile_headers(dfs_asio PRIVATE
  <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <deque> <expected> <functional> <map>
  <memory> <mutex> <optional> <random> <set> <span> <string> <string_view> <thread> <unordered_map>
  <unordered_set> <utility> <variant> <vector>
  <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/buffer.hpp>
  <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp> <boost/asio/experimental/awaitable_operators.hpp>
  <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
  <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <boost/asio/write.hpp>
  <boost/asio/read.hpp> <fmt/format.h>)
