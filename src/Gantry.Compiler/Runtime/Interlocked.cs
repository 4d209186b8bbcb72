namespace Gantry.Compiler.Runtime;

/// <summary>System.Threading.Interlocked for one thread: plain loads and stores.</summary>
internal static class InterlockedReplacement
{
    [Replaces("System.Threading.Interlocked.Exchange")]
    public static int Exchange(ref int location, int value)
    {
        var old = location;
        location = value;
        return old;
    }

    [Replaces("System.Threading.Interlocked.Exchange")]
    public static long Exchange(ref long location, long value)
    {
        var old = location;
        location = value;
        return old;
    }

    [Replaces("System.Threading.Interlocked.CompareExchange")]
    public static int CompareExchange(ref int location, int value, int comparand)
    {
        var old = location;
        if (old == comparand)
            location = value;
        return old;
    }

    [Replaces("System.Threading.Interlocked.CompareExchange")]
    public static long CompareExchange(ref long location, long value, long comparand)
    {
        var old = location;
        if (old == comparand)
            location = value;
        return old;
    }

    [Replaces("System.Threading.Interlocked.Add")]
    public static int Add(ref int location, int value) => location += value;

    [Replaces("System.Threading.Interlocked.Add")]
    public static long Add(ref long location, long value) => location += value;

    [Replaces("System.Threading.Interlocked.Increment")]
    public static int Increment(ref int location) => ++location;

    [Replaces("System.Threading.Interlocked.Increment")]
    public static long Increment(ref long location) => ++location;

    [Replaces("System.Threading.Interlocked.Decrement")]
    public static int Decrement(ref int location) => --location;

    [Replaces("System.Threading.Interlocked.Decrement")]
    public static long Decrement(ref long location) => --location;
}
