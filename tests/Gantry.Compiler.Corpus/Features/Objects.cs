using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gantry.Compiler.Corpus.Features;

/// <summary>Statics and their constructors, classes, interfaces, generics with static abstracts, function pointers.</summary>
public static unsafe class Objects
{
    private interface IDevice
    {
        int Read(int address);

        int Twice(int address) => Read(address) * 2;
    }

    private interface INamed
    {
        int Name { get; }
    }

    private abstract class Device : IDevice
    {
        protected int State;

        public abstract int Read(int address);

        public virtual void Write(int address, int value) => State = address + value;
    }

    private class Ram : Device, INamed
    {
        private readonly int[] cells = new int[8];

        public int Name => 1;

        public override int Read(int address) => cells[address & 7] + State;

        public override void Write(int address, int value)
        {
            base.Write(address, value);
            cells[address & 7] = value;
        }
    }

    private sealed class Rom(int seed) : Device, INamed
    {
        public int Name => 2;

        public override int Read(int address) => (address * seed) + State;
    }

    private sealed class Mirror : Ram, IDevice
    {
        int IDevice.Twice(int address) => Read(address) * 3;

        public override int Read(int address) => base.Read(~address);
    }

    /// <summary>Two sealed classes meet on the evaluation stack: the call is of neither alone.</summary>
    [WasmExport("object_join")]
    public static int Join(int a) =>
        ((a & 1) == 0 ? (Device)new Rom(a) : new Mirror()).Read(5) + (31 * ((a & 2) == 0 ? (IDevice)new Mirror() : new Rom(3)).Twice(a))
            + Named((a & 4) == 0 ? new Rom(1) : new Ram());

    private static int Named(INamed named) => named.Name;

    /// <summary>The exact class of an object.</summary>
    [WasmExport("object_type")]
    public static int TypeOf(int a)
    {
        Device device = Devices[(uint)a % 3];
        int result = device.GetType() == typeof(Ram) ? 1 : device.GetType() != typeof(Mirror) ? 2 : 4;
        return result + (typeof(Rom) == device.GetType() ? 8 : 0);
    }

    private static readonly Device[] Devices = [new Ram(), new Rom(7), new Mirror()];
    private static readonly IDevice[] Interfaces = [new Rom(3), new Mirror(), new Ram()];

    [WasmExport("object_virtual")]
    public static long Virtual(int which, int address, int value)
    {
        Device device = Devices[(which & 0xFF) % 3];
        device.Write(address, value);
        IDevice reading = Interfaces[(which & 0xFF) % 3];
        long sum = device.Read(address + 1) + (reading.Read(address) * 3L) + (reading.Twice(value) * 5L);
        if (device is INamed named) sum += named.Name * 1000;
        if (device is Ram) sum += 10;
        if (device is Rom) sum += 20;
        if (reading is Mirror mirror) sum += mirror.Read(2) + 40;
        return sum + (device as Ram)?.Name ?? 77;
    }

    private interface IOperation
    {
        static abstract int Apply(int a, int b);

        static virtual int Cost => 1;
    }

    private struct AddOperation : IOperation
    {
        public static int Apply(int a, int b) => a + b;
    }

    private struct ShiftOperation : IOperation
    {
        public static int Apply(int a, int b) => a << b;

        public static int Cost => 5;
    }

    private static int Fold<T>(ReadOnlySpan<int> values)
        where T : struct, IOperation
    {
        int sum = T.Cost;
        foreach (int value in values) sum = T.Apply(sum, value);
        return sum;
    }

    [WasmExport("object_static_abstract")]
    public static int StaticAbstract(int a, int b) => Fold<AddOperation>([a, b, 3]) ^ (Fold<ShiftOperation>([a, b]) * 3);

    private static T Sum<T>(ReadOnlySpan<T> values)
        where T : INumber<T>
    {
        T sum = T.Zero;
        foreach (T value in values) sum += value * T.One;
        return T.Max(sum, values[0]);
    }

    [WasmExport("object_generic_math")]
    public static long GenericMath(int a, long b) => Sum<int>([a, 2, 3]) + Sum<long>([b, a]) + Sum<short>([(short)a, (short)b]) + (long)Sum<double>([1.5, 2]);

    private class Node<T>(T value, Node<T>? next)
    {
        public readonly T Value = value;
        public Node<T>? Next = next;

        public static int Count;
    }

    [WasmExport("object_generic_class")]
    public static long GenericClass(int a, int n)
    {
        Node<int>? list = null;
        Node<long>? other = null;
        Node<int>.Count = 0;
        Node<long>.Count = 100;
        for (int i = 0; i < (n & 7); i++)
        {
            list = new Node<int>(a + i, list);
            other = new Node<long>((long)a * i, other);
            Node<int>.Count++;
        }

        long sum = Node<int>.Count + Node<long>.Count;
        for (; list != null; list = list.Next) sum = (sum * 3) + list.Value;
        for (; other is not null; other = other.Next) sum = (sum * 3) + other.Value;
        return sum;
    }

    private static class Lazy
    {
        public static readonly int Value = Order.Next(10);
        public static int Counter = Value + 1;

        public static int Touch() => Counter++;
    }

    private static class Order
    {
        public static int Last = 5;

        public static int Next(int step) => Last += step;
    }

    private static class Explicit
    {
        public static int Value;

        static Explicit() => Value = Order.Next(100);
    }

    [WasmExport("object_static_constructors")]
    [Inputs(1)]
    public static int StaticConstructors(int a) => Lazy.Touch() + (Explicit.Value * 1000) + (Order.Last > 100 ? a : -1);

    private static int plain = 42;
    private static long wide;
    private static (int, short) tuple;
    private static double real = 0.5;

    [WasmExport("object_statics")]
    public static double Statics(int a, long b)
    {
        plain = a;
        wide = b;
        tuple = (a, (short)b);
        tuple.Item1++;
        ref int reference = ref plain;
        reference += 2;
        real = 0.25 * a;
        fixed (int* p = &plain) *p *= 3;
        return real + plain + wide + tuple.Item1 + tuple.Item2;
    }

    private static int Twice(int a) => a * 2;

    private static int Negate(int a) => -a;

    private static int Square(int a) => a * a;

    private struct Handlers
    {
        public delegate*<int, int> First;
        public delegate*<ref long, int, void> Second;
    }

    private static void Accumulate(ref long sum, int value) => sum = (sum * 3) + value;

    [WasmExport("object_function_pointers")]
    public static long FunctionPointers(int which, int a)
    {
        delegate*<int, int>* table = stackalloc delegate*<int, int>[3];
        table[0] = &Twice;
        table[1] = &Negate;
        table[2] = &Square;
        Handlers handlers = new() { First = table[(which & 0xFF) % 3], Second = &Accumulate };
        long sum = handlers.First(a);
        handlers.Second(ref sum, a);
        return sum + table[1](table[2](a)) + (handlers.First == table[0] ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Many(int a, long b, float c, double d, byte e, short f, int g, long h, int i, int j) =>
        a + b + (long)c + (long)d + e + f + (g * 3) + (h * 5) + (i * 7) + (j * 11);

    [WasmExport("object_many_arguments")]
    public static long ManyArguments(int a, int b) => Many(a, b, a & 1023, b & 1023, (byte)a, (short)b, a, b, b, a);

    private sealed class Holder
    {
        public int Value = 5;
        public (long A, byte B) Pair;
        public int[]? Items;
        public Holder? Parent;
    }

    [WasmExport("object_fields")]
    public static long Fields(int a, long b)
    {
        var holder = new Holder { Pair = (b, (byte)a), Parent = new Holder { Value = a } };
        holder.Pair.B++;
        holder.Parent.Items = [1, 2, a];
        holder.Parent.Items[1] += holder.Value;
        return holder.Parent.Items[1] + holder.Pair.A + holder.Pair.B + (holder.Items?.Length ?? -1) + (holder.Parent?.Parent?.Value ?? 9) + (ReferenceEquals(holder, holder.Parent) ? 1 : 0);
    }

    private enum Color : byte
    {
        Red,
        Green = 200,
        Blue,
    }

    [Flags]
    private enum Bits : long
    {
        None = 0,
        Low = 1,
        High = 1L << 40,
    }

    [WasmExport("object_enums")]
    public static long Enums(byte a, long b)
    {
        var color = (Color)a;
        Bits bits = (Bits)b | Bits.High;
        return (color == Color.Green ? 1 : 0) + (long)(bits & ~Bits.Low) + (color > Color.Blue ? 5 : 6) + (int)(color + 1);
    }
}
