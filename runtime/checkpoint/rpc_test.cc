#include "runtime/checkpoint/rpc.h"

#include "runtime/checkpoint/criu.h"
#include "runtime/checkpoint/protobuf.h"
#include "tests/support/catch.h"

namespace crux::checkpoint {
namespace {

using namespace std::string_literals;

TEST_CASE("fields are written as the encoding of Protocol Buffers has them") {
    MessageWriter writer;
    writer.number(1, 150);
    writer.text(2, "testing");
    writer.integer(3, -1);
    writer.flag(16, true);
    writer.flag(17, false);
    CHECK(writer.bytes() ==
          "\x08\x96\x01\x12\x07testing"s
          "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x80\x01\x01");
    MessageReader reader(writer.bytes());
    const auto first = reader.next();
    REQUIRE(first.has_value());
    CHECK(first->value == 150);
    const auto second = reader.next();
    REQUIRE(second.has_value());
    CHECK(second->text == "testing");
    const auto third = reader.next();
    REQUIRE(third.has_value());
    CHECK(third->integer() == -1);
    const auto fourth = reader.next();
    REQUIRE(fourth.has_value());
    CHECK(fourth->number == 16);
    CHECK_FALSE(reader.next().has_value());
    CHECK_FALSE(reader.broken());
}

TEST_CASE("bytes that are not a message are detected") {
    for (const std::string& bytes :
         {"\x08"s, "\x12\x07test"s, "\x0b"s, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,
          "\x09\x01\x02"s}) {
        MessageReader reader(bytes);
        while (reader.next()) {
        }
        CHECK(reader.broken());
        CHECK_FALSE(parse_response(bytes).has_value());
    }
    CHECK_FALSE(parse_response("").has_value());
}

TEST_CASE("a request has the options under criu's numbers") {
    RpcOptions options;
    options.images_dir_fd = 5;
    options.pid = 300;
    options.tcp_established = true;
    options.log_file = "dump.log";
    options.mounts = {{"/data", "key"}};
    const std::string bytes = request(Type::dump, options);
    MessageReader reader(bytes);
    const auto type = reader.next();
    REQUIRE(type.has_value());
    CHECK(type->value == 1);
    const auto opts = reader.next();
    REQUIRE(opts.has_value());
    CHECK(opts->number == 2);
    MessageReader fields(opts->text);
    std::string seen;
    while (const auto field = fields.next()) {
        if (field->number == 1) CHECK(field->value == 5);
        if (field->number == 2) CHECK(field->value == 300);
        if (field->number == 10) CHECK(field->text == "dump.log");
        if (field->number == 23) CHECK(field->text == "\x0a\x05/data\x12\x03key"s);
        seen += std::to_string(field->number) + ' ';
    }
    CHECK(seen == "1 2 9 34 38 5 12 50 24 10 23 ");
}

TEST_CASE("an answer is read") {
    MessageWriter notify;
    notify.text(1, "post-restore");
    notify.integer(2, 77);
    MessageWriter writer;
    writer.number(1, 6);
    writer.number(2, 1);
    writer.message(5, notify);
    const auto heard = parse_response(writer.bytes());
    REQUIRE(heard.has_value());
    CHECK(heard->type == Type::notify);
    CHECK(heard->success);
    CHECK(heard->script == "post-restore");
    CHECK(heard->pid == 77);

    MessageWriter version;
    version.number(1, 3);
    version.number(2, 17);
    version.number(4, 1);
    MessageWriter answer;
    answer.number(1, 10);
    answer.message(10, version);
    const auto told = parse_response(answer.bytes());
    REQUIRE(told.has_value());
    CHECK(told->version == 31701);
    CHECK_FALSE(told->success);
}

TEST_CASE("an answer whose inner messages are invalid is refused") {
    for (const unsigned field : {4U, 5U, 8U, 10U}) {
        INFO(field);
        MessageWriter answer;
        answer.number(1, 10);
        answer.text(field, "\x08");
        CHECK_FALSE(parse_response(answer.bytes()).has_value());
    }
    for (const std::int32_t part : {-1, 10'001, 2'000'000'000}) {
        INFO(part);
        MessageWriter version;
        version.integer(1, part);
        MessageWriter answer;
        answer.message(10, version);
        CHECK_FALSE(parse_response(answer.bytes()).has_value());
    }
}

TEST_CASE("the errors of criu's log are quoted, the last of them") {
    CHECK(errors_of("").empty());
    CHECK(errors_of("(0.1) fine\n(0.2) Error (a.c:1): one\n(0.3) fine\n").starts_with("(0.2)"));
    std::string log;
    for (int i = 0; i < 9; ++i) log += "Error " + std::to_string(i) + "\n";
    CHECK(errors_of(log) == "Error 4; Error 5; Error 6; Error 7; Error 8");
}

}  // namespace
}  // namespace crux::checkpoint
