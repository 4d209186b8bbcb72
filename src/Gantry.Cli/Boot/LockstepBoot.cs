using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Comparing;
using Gantry.Host.Engines;

namespace Gantry.Cli.Boot;

/// <summary><c>gantry boot --lockstep</c>: two deterministic machines beside each other, one interpreting, until the guest ends or they differ.</summary>
internal static class LockstepBoot
{
    private const int Differs = 1;

    /// <summary>Runs both; what the translating one says goes to standard output and standard error.</summary>
    /// <param name="makeEngine">Makes an engine.</param>
    /// <param name="makeOptions">Parts of a machine; disks are its own.</param>
    /// <param name="process">What runs in it.</param>
    /// <returns>The process's exit status; 1 when the machines differ.</returns>
    public static int Run(Func<WasmEngine> makeEngine, Func<TranslationMode, MachineOptions> makeOptions, GuestProcess process)
    {
        GuestMachine? translating = null;
        var shown = false;
        var output = Console.OpenStandardOutput();
        var error = Console.OpenStandardError();
        var result = new Lockstep(mode =>
        {
            var engine = makeEngine();
            var machine = new GuestMachine(engine, makeOptions(mode));
            machine.Control.Ready = () => machine.Control.Start(process);
            machine.Input.CloseInput();
            if (mode != TranslationMode.Off && !shown)
            {
                // Those that look for a difference again say the same again.
                shown = true;
                translating = machine;
                machine.Output.Output = bytes => output.Write(bytes);
                machine.Error.Output = bytes => error.Write(bytes);
            }

            return new LockstepSide(engine, machine.Host, machine);
        }).Run();
        output.Flush();
        Console.Error.WriteLine($"gantry boot: {result.Instructions} instructions compared, {result.Regions} regions translated");
        if (result.Difference == null)
            return (int)(translating?.Control.ExitStatus ?? Differs);
        Console.Error.WriteLine($"gantry boot: {result.Difference.Report}");
        return Differs;
    }
}
