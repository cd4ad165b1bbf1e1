#include "proto/base/utf8.h"

#include <cstddef>
#include <cstdint>

namespace dfs {
namespace {

// The bytes that follow a lead byte, and the smallest code point for which so many are needed; 0 for no lead byte.
struct Form {
  size_t more = 0;
  uint32_t least = 0;
  uint32_t bits = 0;
};

Form form_of(uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, lead & 0x1Fu};
  if (lead >= 0xE0 && lead <= 0xEF) return {2, 0x800, lead & 0x0Fu};
  if (lead >= 0xF0 && lead <= 0xF4) return {3, 0x10000, lead & 0x07u};
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    auto lead = uint8_t(text[i]);
    if (lead < 0x80) continue;
    Form form = form_of(lead);
    if (form.more == 0 || text.size() - i <= form.more) return false;
    uint32_t code_point = form.bits;
    for (size_t k = 1; k <= form.more; ++k) {
      auto next = uint8_t(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code_point = code_point << 6 | (next & 0x3F);
    }
    if (code_point < form.least || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
      return false;
    i += form.more;
  }
  return true;
}

}  // namespace dfs
