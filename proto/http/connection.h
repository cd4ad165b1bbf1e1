#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "proto/base/task.h"
#include "proto/http/server.h"

namespace dfs::http {

// Serves the requests of one connection until it ends, stalls, breaks the protocol or is cancelled.
Task<void> serve_connection(asio::ip::tcp::socket socket, const Server::Settings& settings, Handler& handler);

}  // namespace dfs::http
