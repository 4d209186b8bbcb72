// Mixed work (guest.sh) in a Debian for some minutes, translated, in Wasmtime: prints each minute what the translation holds, and checks that every round computes the same.
// Usage: bench/soak KERNEL INITRD ROOTFS.erofs [MINUTES]     The JavaScript host's: bench/web/soak.ts.
using System.Diagnostics;
using System.Text;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Engines;
using Gantry.Host.Files;

if (args.Length is not (3 or 4))
{
    Console.Error.WriteLine("usage: bench/soak KERNEL INITRD ROOTFS.erofs [MINUTES]");
    return 2;
}

var minutes = args.Length > 3 ? int.Parse(args[3]) : 10;
var root = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(root, "Gantry.slnx")))
    root = Path.GetDirectoryName(root) ?? throw new IOException("run this from a build inside the source tree");

using var engine = new WasmEngine(File.ReadAllBytes(Path.Combine(root, "artifacts", "engine", "engine.wasm")));
using var disk = new FileDisk(args[2]);
using var machine = new GuestMachine(engine, new MachineOptions
{
    MemorySize = 512 << 20,
    Kernel = File.ReadAllBytes(args[0]),
    Initrd = File.ReadAllBytes(args[1]),
    CommandLine = "quiet console=ttyS0 gantry.root=vda",
    Disks = [disk],
    Translation = TranslationMode.Hot,
});
machine.Control.Ready = () => machine.Control.Start(new GuestProcess
{
    Arguments = ["/bin/sh", "-c", File.ReadAllText(Path.Combine(root, "bench", "soak", "guest.sh"))],
    Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"],
});
machine.Input.CloseInput();
var output = new StringBuilder();
machine.Output.Output = bytes => output.Append(Encoding.UTF8.GetString(bytes));
machine.Error.Output = bytes => Console.Error.Write(Encoding.UTF8.GetString(bytes));

Console.WriteLine("| minute | rounds | million instructions | regions | KiB of functions | given up | modules | KiB of modules | host memory, MiB |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
var watch = Stopwatch.StartNew();
var minute = 0;
var halt = machine.Host.Run(() =>
{
    while (minute <= minutes && watch.Elapsed.TotalMinutes >= minute)
    {
        var made = engine.Translation ?? default;
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(
            $"| {minute} | {Rounds().Count} | {machine.Host.Instructions / 1_000_000} | {made.Regions} | {made.CodeBytes >> 10} | {made.RegionsDropped} | {made.Modules} | {made.TotalBytes >> 10} | {process.WorkingSet64 >> 20} |");
        minute++;
    }

    return minute > minutes;
});

var digests = Rounds().Distinct().ToList();
if (halt == null && digests.Count == 1)
    return 0;
Console.Error.WriteLine(halt != null ? $"the guest ended: {halt}" : $"rounds differ, or there was none:\n{output}");
return 1;

List<string> Rounds() => output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("round ", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]).ToList();
