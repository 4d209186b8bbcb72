using System.Text.Json;
using Gantry.Images.Tests;

namespace Gantry.Converter.Tests.Containers;

/// <summary>Our guest's kernel reads the EROFS image: large folders, hard links, sparse files, devices, attributes, digests; umoci is the oracle.</summary>
public sealed class GuestFileSystemTests(ConvertedImages images)
{
    // Writes what FileTree.Describe says of a folder, a JSON pair a line; names are bytes, one a character.
    private const string Describe = """
        import hashlib, json, os, stat, sys
        types = {0o040000: "Directory", 0o100000: "Regular", 0o120000: "SymbolicLink", 0o020000: "CharacterDevice", 0o060000: "BlockDevice", 0o010000: "Fifo", 0o140000: "Socket"}
        root, inodes = os.fsencode(sys.argv[1]), {}
        def walk(path, name):
            s = os.lstat(path)
            kind = types[stat.S_IFMT(s.st_mode)]
            line = f"{kind} {s.st_mode & 0o7777:o} {s.st_uid}:{s.st_gid} {s.st_mtime_ns // 10**9}.{s.st_mtime_ns % 10**9:09d}"
            if kind.endswith("Device"): line += f" dev {os.major(s.st_rdev)},{os.minor(s.st_rdev)}"
            if kind == "SymbolicLink": line += " -> " + os.readlink(path).decode("latin1")
            if kind != "Directory": line += f" links {s.st_nlink} same as {inodes.setdefault(s.st_ino, name.decode('latin1'))}"
            if kind == "Regular":
                with open(path, "rb") as file: line += f" {s.st_size} {hashlib.sha256(file.read()).hexdigest()}"
            for key in sorted(os.listxattr(path, follow_symlinks=False)): line += f" {key}={os.getxattr(path, key, follow_symlinks=False).hex()}"
            print(json.dumps([(name or b"/").decode("latin1"), line]))
            if kind == "Directory":
                for entry in sorted(os.listdir(path)): walk(path + b"/" + entry, name + b"/" + entry)
        walk(root, b"")
        """;

    [Fact]
    public async Task TheGuestSeesWhatUmociUnpacks()
    {
        var module = await images.DevAsync();
        var output = Command.Run("dotnet", [ConvertedImages.Tool, "run", "--no-stdin", module, "python3", "-c", Describe, ConvertedImages.SampleFolder]).Expect(0).Output;
        var seen = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = JsonSerializer.Deserialize<string[]>(line)!;
            seen.Add(pair[0], pair[1]);
        }

        FileTree.AssertEqual(FileTree.Describe(images.Sample.Expected), seen);
    }
}
