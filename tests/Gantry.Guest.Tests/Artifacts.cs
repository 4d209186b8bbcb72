using System.Diagnostics;
using System.Text;

namespace Gantry.Guest.Tests;

/// <summary>Kernel, initramfs and a small Debian root file system, made by the project's own scripts when they are not cached.</summary>
internal static class Artifacts
{
    private static readonly string Root = FindRoot();

    private static readonly Lazy<string> LazyKernel = new(() => Script("guest/kernel/build.sh", "riscv64"));
    private static readonly Lazy<string> LazyInit = new(() => Script("guest/init/build.sh", "riscv64"));
    private static readonly Lazy<string> LazyFolder = new(UnpackRootFileSystem);
    private static readonly Lazy<string> LazyImage = new(MakeImage);

    /// <summary>The kernel's Image.</summary>
    public static string Kernel => LazyKernel.Value;

    /// <summary>The initramfs with guest/init.</summary>
    public static string Init => LazyInit.Value;

    /// <summary>The small Debian as a folder of the host (read only in tests: they share it).</summary>
    public static string RootFolder => LazyFolder.Value;

    /// <summary>The small Debian as an EROFS image made by mkfs.erofs.</summary>
    public static string RootImage => LazyImage.Value;

    /// <summary>Runs a program and returns what it printed; a failure carries its error output.</summary>
    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException(program);
        StringBuilder errors = new();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: status {process.ExitCode}\n{errors}");
    }

    private static string Script(string path, params string[] arguments) =>
        Run(Path.Combine(Root, path), arguments).TrimEnd().Split('\n')[^1];

    private static string UnpackRootFileSystem() =>
        MakeBeside(Script("guest/rootfs/build.sh", "small"), "folder", (tarball, target) =>
        {
            Directory.CreateDirectory(target);
            Run("tar", "-C", target, "--exclude=./dev/*", "-xf", tarball);
        });

    private static string MakeImage() =>
        MakeBeside(RootFolder, "erofs", (folder, target) => Run("mkfs.erofs", "--quiet", target, folder));

    /// <summary>Makes what the tests derive from a cached file next to it, once, so that a broken run leaves no half result.</summary>
    private static string MakeBeside(string source, string extension, Action<string, string> make)
    {
        string target = Path.Combine(Path.GetDirectoryName(source)!, "rootfs." + extension);
        if (!Path.Exists(target))
        {
            string unfinished = $"{target}.{Environment.ProcessId}";
            make(source, unfinished);
            Directory.Move(unfinished, target);
        }
        return target;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Gantry.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests must run inside the source tree");
    }
}
