// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <unistd.h>

namespace spacesail::test {

/// A folder of its own that goes with the object.
class temp_folder
{
public:
    temp_folder()
    {
        std::string pattern = testing::TempDir() + "spacesail-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder " << pattern;
        d_path = pattern;
    }
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;
    ~temp_folder()
    {
        std::error_code code;
        std::filesystem::remove_all(d_path, code);
    }

    std::string operator/(const std::string& name) const { return (d_path / name).string(); }

    std::string write(const std::string& name, const std::string& content) const
    {
        std::ofstream(d_path / name, std::ios::binary) << content;
        return *this / name;
    }
    std::string read(const std::string& name) const
    {
        std::ifstream f(d_path / name, std::ios::binary);
        return { std::istreambuf_iterator<char>(f), {} };
    }

private:
    std::filesystem::path d_path;
};

} // namespace spacesail::test
