// Runs a fuzzed function without libFuzzer: on the empty input, on the files named as arguments (the corpus) and on
// mutations of them that a seed decides. WEIR_FUZZ_SEED and WEIR_FUZZ_RUNS change the seed and the number of mutations.
// If the function crashes, the last line names the seed and the input, and the input is kept.
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::uint64_t seed = 1;
std::uint64_t number = 0;
std::string input;

void run(std::string bytes) {
  ++number;
  input = std::move(bytes);
  // A copy of exactly this size, so that the address sanitizer sees a read behind its end.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

/// Not safe in a signal handler by the letter; the process is lost anyway, and the message is worth trying for.
void report(int signal) {
  const char* folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  const std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/crash-" + std::to_string(number);
  std::ofstream(path, std::ios::binary) << input;
  std::fprintf(stderr, "\nseed %llu, input %llu (signal %d), kept in %s\n", static_cast<unsigned long long>(seed),
               static_cast<unsigned long long>(number), signal, path.c_str());
  _exit(1);
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// One to eight changes: a flipped bit, a byte that parsers care about, a cut, a repeated part.
std::string mutated(std::string bytes, std::mt19937_64& random) {
  using namespace std::string_view_literals;  // keeps the zero at the front
  static constexpr std::string_view special = "\0\n\r\t\"',:;{}[]\\-+.eE0919 \x7f\x80\xff"sv;
  for (auto changes = random() % 8 + 1; changes > 0; --changes) {
    const std::size_t at = random() % (bytes.size() + 1);
    switch (random() % 4) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes.insert(at, 1, special[random() % special.size()]);
        break;
      case 2:
        bytes.erase(at, random() % 8);
        break;
      default:
        if (bytes.size() < 4096) bytes.insert(at, bytes.substr(random() % (bytes.size() + 1), random() % 64));
        break;
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, report);
  seed = number_from("WEIR_FUZZ_SEED", seed);

  std::vector<std::string> corpus = {""};
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", argv[i]);
      return 1;
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  for (const std::string& bytes : corpus) run(bytes);

  std::mt19937_64 random(seed);
  const std::uint64_t runs = number_from("WEIR_FUZZ_RUNS", 20'000);
  for (std::uint64_t i = 0; i < runs; ++i) run(mutated(corpus[random() % corpus.size()], random));
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(number),
              static_cast<unsigned long long>(seed));
}
