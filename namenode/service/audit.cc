#include "namenode/service/audit.h"

#include <fmt/format.h>

namespace dfs::namenode {
namespace {

// StringEscapeUtils.escapeJava, of UTF-8: a byte that is not part of a character shows as U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    switch (text[i]) {
      case '"':
        out += "\\\"";
        continue;
      case '\\':
        out += "\\\\";
        continue;
      case '\b':
        out += "\\b";
        continue;
      case '\n':
        out += "\\n";
        continue;
      case '\t':
        out += "\\t";
        continue;
      case '\f':
        out += "\\f";
        continue;
      case '\r':
        out += "\\r";
        continue;
      default:
        break;
    }
    if (byte >= 0x20 && byte < 0x7F) {
      out += text[i];
      continue;
    }
    if (byte < 0x80) {
      out += fmt::format("\\u{:04X}", byte);
      continue;
    }
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 0;
    uint32_t character = 0xFFFD;
    if (length != 0 && i + length <= text.size()) {
      character = byte & (0xFFu >> (length + 1));
      for (size_t k = 1; k < length; ++k) character = character << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
      i += length - 1;
    }
    if (character >= 0x10000) {
      character -= 0x10000;
      out += fmt::format("\\u{:04X}\\u{:04X}", 0xD800 + (character >> 10), 0xDC00 + (character & 0x3FF));
    } else {
      out += fmt::format("\\u{:04X}", character);
    }
  }
  return out;
}

}  // namespace

std::string audit_line(const rpc::CallContext& context, const AuditEvent& event, const AuditSettings& settings) {
  std::string line = fmt::format("allowed={}\tugi={}\tip=/{}\tcmd={}\tsrc={}\tdst={}\tperm={}\tproto={}", event.allowed,
                                 escaped(context.user.to_string()), context.client_address, event.command,
                                 escaped(event.source), escaped(event.destination), escaped(event.permission),
                                 context.protocol == "webhdfs" ? "webhdfs" : "rpc");
  if (!settings.caller_context || context.caller_context.empty()) return line;
  line += "\tcallerContext=" + escaped(context.caller_context).substr(0, settings.context_max);
  const std::string& signature = context.caller_signature;
  if (!signature.empty() && signature.size() <= settings.signature_max) line += ":" + escaped(signature);
  return line;
}

}  // namespace dfs::namenode
