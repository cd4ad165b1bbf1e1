#include "proto/metrics/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace dfs::metrics {
namespace {

// Java writes a decimal fraction between 10^-3 and 10^7, else one digit, a point, the rest and an exponent.
template <class Number>
std::string java_text_of(Number number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  const Number size = std::fabs(number);
  const bool plain = size == 0 || (size >= Number(1e-3) && size < Number(1e7));
  char digits[64];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, number,
                                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(digits, end);
  if (plain) return text.find('.') == text.npos ? text + ".0" : text;
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  int exponent = 0;
  const char* from = text.data() + e + 1;
  if (*from == '+') ++from;
  std::from_chars(from, text.data() + text.size(), exponent);
  if (mantissa.find('.') == mantissa.npos) mantissa += ".0";
  return fmt::format("{}E{}", mantissa, exponent);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (uint8_t(c) < 0x20) {
          out += fmt::format("\\u{:04X}", uint8_t(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

class Writer {
 public:
  Writer(std::string& out, JsonLayout layout) : out_(out), pretty_(layout == JsonLayout::kPretty) {}

  void operator()(std::nullptr_t) { out_ += "null"; }
  void operator()(bool flag) { out_ += flag ? "true" : "false"; }
  void operator()(int64_t number) { out_ += std::to_string(number); }
  void operator()(float number) { real(number); }
  void operator()(double number) { real(number); }
  void operator()(const std::string& text) { append_string(out_, text); }
  void operator()(const Array& elements) {
    if (pretty_ && elements.empty()) {
      out_ += "[ ]";
      return;
    }
    out_ += pretty_ ? "[ " : "[";
    bool first = true;
    for (const Value& element : elements) {
      if (!std::exchange(first, false)) out_ += pretty_ ? ", " : ",";
      write(element);
    }
    out_ += pretty_ ? " ]" : "]";
  }
  void operator()(const Object& fields) {
    if (pretty_ && fields.empty()) {
      out_ += "{ }";
      return;
    }
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const auto& [name, value] : fields) {
      if (!std::exchange(first, false)) out_ += ',';
      new_line();
      append_string(out_, name);
      out_ += pretty_ ? " : " : ":";
      write(value);
    }
    --depth_;
    new_line();
    out_ += '}';
  }
  void write(const Value& value) { std::visit(*this, value.held); }

 private:
  // JSON knows no NaN; Jackson writes it as a string.
  template <class Number>
  void real(Number number) {
    if (std::isfinite(number)) {
      out_ += java_text(number);
    } else {
      append_string(out_, java_text(number));
    }
  }
  void new_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  std::string& out_;
  const bool pretty_;
  size_t depth_ = 0;
};

}  // namespace

std::string java_text(float number) {
  return java_text_of(number);
}
std::string java_text(double number) {
  return java_text_of(number);
}

std::string to_json(const Value& value, JsonLayout layout) {
  std::string out;
  Writer(out, layout).write(value);
  return out;
}

}  // namespace dfs::metrics
