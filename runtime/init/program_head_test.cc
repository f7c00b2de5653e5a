#include "runtime/init/program_head.h"

#include <elf.h>

#include <cstring>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace crux::init {
namespace {

ProgramHead head_of(std::string_view text) {
    return read_head(text.data(), text.size());
}

std::string interpreter_of(std::string_view text) {
    const ProgramHead head = head_of(text);
    if (head.format != Format::script) return "none";
    return std::string(text.substr(head.name, head.name_length));
}

template <class Header>
std::string bytes_of(const Header& header) {
    return {reinterpret_cast<const char*>(&header), sizeof header};
}

Elf64_Ehdr elf64(std::uint16_t machine) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = machine;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    return header;
}

TEST_CASE("the head of a script has the name of its interpreter as the kernel reads it") {
    const struct {
        std::string text;
        const char* name;
    } rows[] = {
        {"#!/bin/sh\nexit\n", "/bin/sh"},
        {"#!/bin/sh", "/bin/sh"},
        {"#! \t/bin/sh -e -x\n", "/bin/sh"},
        {"#!/usr/bin/env\tbash\n", "/usr/bin/env"},
        {"#!/bin/sh\r\nexit\r\n", "/bin/sh\r"},
        {"#!sh\n", "sh"},
        {std::string("#!/bin/sh\0x\n", 12), "/bin/sh"},
        {"#!" + std::string(253, 'a') + "\n", nullptr},
        {"#!" + std::string(253, 'a') + " ", nullptr},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        CHECK(interpreter_of(row.text) ==
              (row.name != nullptr ? std::string(row.name) : std::string(253, 'a')));
    }
    for (const std::string& text : {std::string("#!"), std::string("#!\n/bin/sh\n"),
                                    std::string("#!  \t \n"), "#!" + std::string(254, 'a')}) {
        INFO(text);
        CHECK(head_of(text).format == Format::unnamed_script);
    }
}

TEST_CASE("the head of a file that is no program is told apart") {
    CHECK(head_of("").format == Format::empty);
    CHECK(head_of("\xef\xbb\xbf#!/bin/sh\n").format == Format::marked_script);
    CHECK(head_of("echo hello\n").format == Format::other);
    CHECK(head_of("#").format == Format::other);
    CHECK(head_of("\177ELF and nothing more").format == Format::damaged_elf);
    const std::string whole = bytes_of(elf64(EM_X86_64));
    CHECK(head_of(whole).format == Format::elf);
    CHECK(head_of(whole.substr(0, 63)).format == Format::damaged_elf);
    for (const int at : {EI_CLASS, EI_DATA, EI_VERSION}) {
        std::string damaged = whole;
        damaged[static_cast<std::size_t>(at)] = 3;
        CHECK(head_of(damaged).format == Format::damaged_elf);
    }
}

TEST_CASE("an ELF header says which processor the program is for") {
    const struct {
        std::uint16_t machine;
        const char* name;
    } rows[] = {{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"}, {EM_RISCV, "riscv64"},
                {EM_S390, "s390x"},    {EM_PPC64, "ppc64le"},   {EM_LOONGARCH, "loongarch64"},
                {EM_MIPS, "mips64"},   {EM_SPARCV9, "sparc64"}};
    int native = 0;
    for (const auto& row : rows) {
        INFO(row.name);
        const ProgramHead head = head_of(bytes_of(elf64(row.machine)));
        CHECK(std::string(processor_of(head)) == row.name);
        const bool is_ours = std::string_view(native_processor()) == row.name;
        CHECK((fit_of(head) == Fit::native) == is_ours);
        native += is_ours ? 1 : 0;
    }
    CHECK(native == 1);
    CHECK(processor_of(head_of(bytes_of(elf64(0x1234)))) == nullptr);

    Elf32_Ehdr narrow{};
    std::memcpy(narrow.e_ident, ELFMAG, SELFMAG);
    narrow.e_ident[EI_CLASS] = ELFCLASS32;
    narrow.e_ident[EI_DATA] = ELFDATA2MSB;
    narrow.e_ident[EI_VERSION] = EV_CURRENT;
    narrow.e_machine = 0x1400;  // EM_PPC, of the other byte order
    const ProgramHead head = head_of(bytes_of(narrow));
    CHECK(head.is_big_endian);
    CHECK(!head.is_64);
    CHECK(std::string(processor_of(head)) == "ppc");
    CHECK(fit_of(head) == Fit::foreign);
}

TEST_CASE("the place of the dynamic loader's name is that of PT_INTERP") {
    Elf64_Phdr headers[3] = {};
    headers[0].p_type = PT_PHDR;
    headers[1].p_type = PT_INTERP;
    headers[1].p_offset = 0x1'0000'0318;
    headers[1].p_filesz = 28;
    headers[2].p_type = PT_LOAD;
    const ProgramHead head = head_of(bytes_of(elf64(EM_X86_64)));
    const auto* bytes = reinterpret_cast<const char*>(headers);
    const LoaderName name = find_loader(head, bytes, sizeof headers);
    CHECK(name.offset == 0x1'0000'0318);
    CHECK(name.length == 28);
    // A file that ends inside the headers.
    CHECK(find_loader(head, bytes, (2 * sizeof headers[0]) - 1).length == 0);
    CHECK(find_loader(head, bytes, 0).length == 0);

    Elf64_Ehdr many = elf64(EM_X86_64);
    many.e_phnum = kMostHeaders;
    CHECK(headers_size(head_of(bytes_of(many))) == kMostHeaders * sizeof(Elf64_Phdr));
    many.e_phnum = kMostHeaders + 1;
    CHECK(headers_size(head_of(bytes_of(many))) == 0);
    many.e_phnum = 1;
    many.e_phentsize = sizeof(Elf64_Phdr) + 8;
    CHECK(headers_size(head_of(bytes_of(many))) == 0);
}

}  // namespace
}  // namespace crux::init
