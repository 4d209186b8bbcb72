using System.CommandLine;
using System.Diagnostics;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Cli.Boot;

/// <summary><c>gantry boot</c>: a kernel and a root file system in this terminal, on CoreCLR or as wasm.</summary>
internal static class BootCommand
{
    private const int UsageError = 125;

    private static readonly Option<FileInfo> Kernel = new("--kernel")
    {
        Description = "Kernel Image (guest/kernel/build.sh prints its path)",
        Required = true,
    };

    private static readonly Option<FileInfo> Initrd = new("--initrd")
    {
        Description = "initramfs with Gantry's init (guest/init/build.sh prints its path)",
        Required = true,
    };

    private static readonly Option<string> RootFileSystem = new("--rootfs")
    {
        Description = "EROFS image (changes are kept in memory), or a folder (changes go to it)",
        Required = true,
    };

    private static readonly Option<FileInfo?> Wasm = new("--wasm")
    {
        Description = "Run this compiled engine in Wasmtime instead of the one inside this program",
    };

    private static readonly Option<string> MemorySize = new("--memory", "-m")
    {
        Description = "RAM, such as 512M or 1G",
        DefaultValueFactory = _ => "512M",
    };

    private static readonly Option<string[]> Volumes = new("--volume", "-v") { Description = "HOST:GUEST folder to mount" };

    private static readonly Option<string[]> Variables = new("--env", "-e") { Description = "NAME=value for the process" };

    private static readonly Option<bool> Interpret = new("--interpret") { Description = "Do not translate guest code (with --wasm; without, it is never translated)" };

    private static readonly Option<bool> InLockstep = new("--lockstep")
    {
        Description = "Run two deterministic machines beside each other, one interpreting and one translating all code, and stop where they differ (with --wasm; no terminal, no folders, no input)",
    };

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show kernel and engine messages, and figures at the end" };

    private static readonly MemoryStream kernelMessages = new();

    private static readonly Argument<string[]> Process = new("command")
    {
        Description = "Program and arguments",
        DefaultValueFactory = _ => ["/bin/sh"],
    };

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        var command = new Command(
            "boot",
            "Boots a kernel with a root file system in this terminal. Example: gantry boot --kernel Image --initrd initramfs.cpio --rootfs debian.erofs -- bash")
        {
            Kernel, Initrd, RootFileSystem, Wasm, MemorySize, Volumes, Variables, Interpret, InLockstep, Verbose, Process,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        try
        {
            return Boot(arguments);
        }
        catch (Exception error) when (error is MachineException or IOException or UnauthorizedAccessException or FormatException)
        {
            kernelMessages.WriteTo(Console.OpenStandardError());
            Console.Error.WriteLine($"gantry boot: {error.Message}");
            return UsageError;
        }
    }

    private static int Boot(ParseResult arguments)
    {
        var root = arguments.GetRequiredValue(RootFileSystem);
        var folders = new List<Mount>();
        var mounts = new List<(string, string, string, bool)>();
        var disks = new List<IDisk>();
        var commandLine = "quiet console=ttyS0 ";
        if (Directory.Exists(root))
        {
            folders.Add(new Mount("root", new FolderServer(root)));
            commandLine += "gantry.root=9p:root";
        }
        else
        {
            disks.Add(new FileDisk(root));
            commandLine += "gantry.root=vda";
        }

        foreach (var volume in arguments.GetValue(Volumes) ?? [])
        {
            var colon = volume.LastIndexOf(':');
            if (colon <= 0 || colon == volume.Length - 1)
                throw new FormatException($"--volume {volume}: it must be HOST:GUEST");
            var tag = $"volume{folders.Count}";
            folders.Add(new Mount(tag, new FolderServer(volume[..colon])));
            mounts.Add((tag, volume[(colon + 1)..], "", false));
        }

        var wasm = arguments.GetValue(Wasm);
        if (arguments.GetValue(InLockstep))
        {
            if (wasm == null || folders.Count > 0)
                throw new FormatException("--lockstep needs --wasm, and a root file system that is an image, without volumes: two machines would change the same files");
            return Compare(arguments, wasm, root, commandLine);
        }

        using var terminal = Terminal.TryOpen();
        IEngine engine = wasm == null ? new NativeEngine() : new WasmEngine(File.ReadAllBytes(wasm.FullName), CacheFolder());
        using var machine = new GuestMachine(engine, new MachineOptions
        {
            MemorySize = ParseSize(arguments.GetRequiredValue(MemorySize)),
            Kernel = File.ReadAllBytes(arguments.GetRequiredValue(Kernel).FullName),
            Initrd = File.ReadAllBytes(arguments.GetRequiredValue(Initrd).FullName),
            CommandLine = commandLine,
            Disks = disks,
            Mounts = folders,
            Translation = arguments.GetValue(Interpret) ? TranslationMode.Off : TranslationMode.Hot,
            Window = terminal?.Size ?? (80, 24),
        });
        var watch = Stopwatch.StartNew();
        Connect(machine, terminal, arguments.GetValue(Verbose));
        var status = machine.Run(MakeProcess(arguments, terminal, mounts));
        terminal?.Dispose();
        foreach (var message in machine.Control.Errors)
            Console.Error.WriteLine($"gantry boot: {message}");
        if (arguments.GetValue(Verbose))
        {
            var instructions = machine.Host.Instructions;
            Console.Error.WriteLine(
                $"{instructions / 1e6:F1} million instructions, {watch.Elapsed.TotalSeconds:F2} s, {instructions / 1e6 / watch.Elapsed.TotalSeconds:F0} MIPS with idle time");
            if ((engine as WasmEngine)?.Translation is { } made)
            {
                Console.Error.WriteLine(
                    $"translated: {made.RegionsMade} regions in {made.Modules} modules, {made.TotalBytes >> 10} KiB; now {made.Regions} of {made.CodeBytes >> 10} KiB, {made.RegionsDropped} were given up");
            }
        }

        return status;
    }

    private static GuestProcess MakeProcess(ParseResult arguments, Terminal? terminal, IReadOnlyList<(string, string, string, bool)> mounts) => new()
    {
        Arguments = arguments.GetValue(Process) is { Length: > 0 } given ? given : ["/bin/sh"],
        Environment =
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
            $"TERM={Environment.GetEnvironmentVariable("TERM") ?? "xterm"}",
            .. arguments.GetValue(Variables) ?? [],
        ],
        HostName = "gantry",
        Window = terminal?.Size,
        Mounts = mounts,
    };

    private static int Compare(ParseResult arguments, FileInfo wasm, string image, string commandLine)
    {
        var engine = File.ReadAllBytes(wasm.FullName);
        var kernel = File.ReadAllBytes(arguments.GetRequiredValue(Kernel).FullName);
        var initrd = File.ReadAllBytes(arguments.GetRequiredValue(Initrd).FullName);
        return LockstepBoot.Run(
            () => new WasmEngine(engine, CacheFolder()),
            mode => new MachineOptions
            {
                MemorySize = ParseSize(arguments.GetRequiredValue(MemorySize)),
                Kernel = kernel,
                Initrd = initrd,
                CommandLine = commandLine,
                Disks = [new FileDisk(image)],
                Deterministic = true,
                Translation = mode,
            },
            MakeProcess(arguments, null, []));
    }

    private static void Connect(GuestMachine machine, Terminal? terminal, bool verbose)
    {
        var output = Console.OpenStandardOutput();
        var error = Console.OpenStandardError();
        var input = terminal != null ? machine.Host.Console : machine.Input;
        machine.Host.Console.Output = bytes => Write(output, bytes);
        machine.Output.Output = bytes => Write(output, bytes);
        machine.Error.Output = bytes => Write(error, bytes);
        // Kernel messages are for those who ask, and for when the guest does not come to its end.
        machine.Host.UartOutput = verbose ? bytes => Write(error, bytes) : kernelMessages.Write;
        if (verbose)
            machine.Host.LogOutput = bytes => Write(error, bytes);
        if (terminal != null)
        {
            terminal.Resized = size =>
            {
                machine.Host.Resize(size.Columns, size.Rows);
                machine.Control.Resize(size.Columns, size.Rows);
            };
        }

        StandardInput.CopyTo(input, close: true);
    }

    private static void Write(Stream stream, ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        stream.Flush();
    }

    private static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache))
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "gantry", "engine");
    }

    private static ulong ParseSize(string text)
    {
        var shift = char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => 0,
        };
        if (!ulong.TryParse(shift == 0 ? text : text[..^1], out var number) || number > (1UL << 40) >> shift)
            throw new FormatException($"--memory {text}: give a number with K, M or G");
        return number << shift;
    }
}
