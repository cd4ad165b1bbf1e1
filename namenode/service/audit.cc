#include "namenode/service/audit.h"

#include <fmt/format.h>

#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string audit_line(const rpc::CallContext& context, bool allowed, std::string_view command, std::string_view source,
                       std::string_view destination) {
  std::string line = fmt::format("allowed={}\tugi={}\tip=/{}\tcmd={}\tsrc={}\tdst={}\tperm=null\tproto=rpc", allowed,
                                 escaped(context.user.to_string()), context.client_address, command, escaped(source),
                                 escaped(destination));
  if (!context.caller_context.empty()) line += "\tcallerContext=" + escaped(context.caller_context);
  return line;
}

void Audit::write(const std::string& line) {
  log::info("FSNamesystem.audit: {}", line);
}

}  // namespace dfs::namenode
