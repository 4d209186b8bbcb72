using System.Diagnostics;

namespace Gantry.Engine.Host;

/// <summary>The host's clocks: WASI in wasm, the framework's on CoreCLR.</summary>
public static unsafe class HostClock
{
    private const uint WasiRealtime = 0;
    private const uint WasiMonotonic = 1;

    /// <summary>Nanoseconds of a clock that never goes back; its zero means nothing.</summary>
    public static ulong Monotonic()
    {
        if (WasmTarget.IsWebAssembly)
            return Wasi(WasiMonotonic);
        return (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));
    }

    /// <summary>Nanoseconds since 1970, UTC.</summary>
    public static ulong Realtime()
    {
        if (WasmTarget.IsWebAssembly)
            return Wasi(WasiRealtime);
        return (ulong)(DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
    }

    private static ulong Wasi(uint clock)
    {
        ulong time = 0;
        return clock_time_get(clock, 1000, &time) == 0 ? time : 0;
    }

    [WasmImport("wasi_snapshot_preview1", "clock_time_get")]
    private static extern int clock_time_get(uint clock, ulong precision, ulong* time);
}
