using System.ComponentModel;
using System.Diagnostics;

namespace Gantry.Images.Tests;

/// <summary>Runs the programs which judge us: skopeo, umoci, fsck.erofs, mount, docker-registry.</summary>
internal static class Tool
{
    public static string Run(string program, params string[] arguments) => RunIn(null, program, arguments);

    /// <summary>Runs to the end, at most a minute; fails the test with the program's messages unless it exits with 0.</summary>
    public static string RunIn(string? folder, string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        try
        {
            using var process = Process.Start(info)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"{program} did not end within a minute");
            }
            if (process.ExitCode != 0) Assert.Fail($"{program} {string.Join(' ', arguments)} exited with {process.ExitCode}: {output.Result}{error.Result}");
            return output.Result;
        }
        catch (Win32Exception)
        {
            Assert.Fail($"{program} is not installed: run eng/setup.sh");
            throw;
        }
    }

    public static string Shell(string script, string folder) => RunIn(folder, "bash", "-euc", script);
}

/// <summary>A folder that is removed with all it holds.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gantry-images-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Tool.Run("rm", "-rf", Path);
}

/// <summary>An image mounted by this machine's kernel, read-only.</summary>
internal sealed class MountedImage : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MountedImage(string image) =>
        Tool.Shell($"modprobe -q erofs 2>/dev/null || true; mount -t erofs -o loop,ro '{image}' '{_folder.Path}' || "
            + "{ echo 'mounting needs root and a kernel with EROFS and loop devices' >&2; exit 1; }", "/");

    public string Path => _folder.Path;

    public void Dispose()
    {
        Tool.Run("umount", _folder.Path);
        _folder.Dispose();
    }
}
