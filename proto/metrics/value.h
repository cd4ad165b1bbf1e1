#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dfs::metrics {

// What an attribute of a bean can be, and what JSON is made of. Fields of objects keep their order; a float is written
// with as many digits as tell it from other floats, as Java does.
struct Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;
struct Value {
  Value() : held(nullptr) {}
  Value(bool flag) : held(flag) {}
  Value(int number) : held(int64_t(number)) {}
  Value(int64_t number) : held(number) {}
  Value(uint32_t number) : held(int64_t(number)) {}
  Value(uint64_t number) : held(int64_t(number)) {}
  Value(float number) : held(number) {}
  Value(double number) : held(number) {}
  Value(const char* text) : held(std::string(text)) {}
  Value(std::string text) : held(std::move(text)) {}
  Value(std::string_view text) : held(std::string(text)) {}
  Value(Array elements) : held(std::move(elements)) {}
  Value(Object fields) : held(std::move(fields)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(held); }

  std::variant<std::nullptr_t, bool, int64_t, float, double, std::string, Array, Object> held;
};

// As Float.toString and Double.toString write it: "0.0", "33.333332", "1.0E7", "NaN".
std::string java_text(float number);
std::string java_text(double number);

// kCompact: {"a":1,"b":[2]}; kPretty: as Jackson's default pretty printer breaks lines.
enum class JsonLayout { kCompact, kPretty };
std::string to_json(const Value& value, JsonLayout layout);

}  // namespace dfs::metrics
