using System.Text;

namespace Gantry.Compiler.Harness;

/// <summary>
/// C# source with one exported method for each operation of Vector128 and element type. Operands are made from two 64-bit
/// numbers, results folded to one 64-bit number (floats: NaN lanes to zero, since their payload is open).
/// </summary>
internal static class VectorMatrix
{
    private static readonly (string Name, int Bits)[] Elements =
    [
        ("sbyte", 8), ("byte", 8), ("short", 16), ("ushort", 16), ("int", 32), ("uint", 32), ("long", 64), ("ulong", 64), ("float", 32), ("double", 64),
    ];

    public static string Source()
    {
        var text = new StringBuilder("""
            using Gantry; using System; using System.Numerics; using System.Runtime.Intrinsics; using System.Runtime.CompilerServices;
            public static class Vectors {
              static Vector128<T> A<T>(ulong x, ulong y) => Vector128.Create(x, y).As<ulong, T>();
              static Vector128<T> B<T>(ulong x, ulong y) => Vector128.Create(y * 0x9E3779B97F4A7C15, x ^ (y << 7)).As<ulong, T>();
              static Vector128<float> F(ulong x, ulong y) => Vector128.Create((float)(int)x, (float)(long)y / 8, (float)(y >> 33), -(float)(sbyte)x * 0.5f);
              static Vector128<double> D(ulong x, ulong y) => Vector128.Create((double)(long)x / 16, (double)(int)y);
              static ulong Fold<T>(Vector128<T> v) { Vector128<ulong> u = v.As<T, ulong>(); return u.ToScalar() * 31 + u.GetElement(1); }
              static ulong FoldF(Vector128<float> v) => Fold(Vector128.Equals(v, v) & v);
              static ulong FoldD(Vector128<double> v) => Fold(Vector128.Equals(v, v) & v);

            """);
        foreach ((string t, int bits) in Elements)
        {
            bool real = t is "float" or "double";
            int lanes = 128 / bits;
            string a = t == "float" ? "F(x, y)" : t == "double" ? "D(x, y)" : $"A<{t}>(x, y)";
            string b = t == "float" ? "F(y, x ^ 5)" : t == "double" ? "D(y, x ^ 5)" : $"B<{t}>(x, y)";
            string fold = t == "float" ? "FoldF" : t == "double" ? "FoldD" : "Fold";
            void Vector(string name, string expression) => Method(text, $"{name}_{t}", $"{fold}({expression})");
            void Mask(string name, string expression) => Method(text, $"{name}_{t}", $"Fold({expression})");
            void Scalar(string name, string expression) => Method(text, $"{name}_{t}", expression);

            foreach ((string name, string op) in new[] { ("Add", "+"), ("Sub", "-"), ("Mul", "*"), ("And", "&"), ("Or", "|"), ("Xor", "^") })
                Vector(name, $"{a} {op} {b}");
            if (real) Vector("Div", $"{a} / {b}");
            Vector("Neg", $"-{a}");
            Vector("Not", $"~{a}");
            foreach (string name in new[] { "Min", "Max", "AndNot" }) Vector(name, $"Vector128.{name}({a}, {b})");
            foreach (string name in new[] { "Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual" })
            {
                Mask(name, $"Vector128.{name}({a}, {b})");
                Scalar(name + "All", $"Vector128.{name}All({a}, {b}) ? 1ul : 0");
                Scalar(name + "Any", $"Vector128.{name}Any({a}, {b}) ? 1ul : 0");
            }

            Scalar("OpEquals", $"({a} == {b} ? 1ul : 0) + ({a} != {a} ? 2ul : 0)");
            Vector("Select", $"Vector128.ConditionalSelect(Vector128.GreaterThan({a}, {b}), {a}, {b})");
            if (t is not ("byte" or "ushort" or "uint" or "ulong")) Vector("Abs", $"Vector128.Abs({a})");
            if (real)
            {
                foreach (string name in new[] { "Sqrt", "Floor", "Ceiling", "Truncate", "Round" }) Vector(name, $"Vector128.{name}({a})");
            }
            else
            {
                foreach ((string name, string op) in new[] { ("Shl", "<<"), ("Shr", ">>"), ("Ushr", ">>>") })
                {
                    Vector(name, $"{a} {op} (int)y");
                    Vector(name + "3", $"{a} {op} 3");
                }

                if (bits <= 32)
                {
                    Vector("AddSaturate", $"Vector128.AddSaturate({a}, {b})");
                    Vector("SubtractSaturate", $"Vector128.SubtractSaturate({a}, {b})");
                }
            }

            string one = t switch { "float" => "(float)(int)x", "double" => "(double)(long)y", _ => $"({t})x" };
            Vector("Splat", $"Vector128.Create({one})");
            Vector("CreateScalar", $"Vector128.CreateScalar({one})");
            for (int lane = 0; lane < lanes; lane += Math.Max(1, lanes / 4))
            {
                Scalar($"Get{lane}", real ? $"Fold(Vector128.Create({a}.GetElement({lane})))" : $"(ulong){a}[{lane}]");
                Vector($"With{lane}", $"{a}.WithElement({lane}, {one})");
            }

            if (!real) Scalar("Variable", $"(ulong){a}.GetElement((int)(y & {lanes - 1}))");
            if (!real) Scalar("Sum", $"(ulong)Vector128.Sum({a})");
            Scalar("Msb", $"Vector128.ExtractMostSignificantBits({a})");
            if (bits >= 16 || t is "byte" or "sbyte")
            {
                string index = bits switch { 8 => "byte", 16 => "ushort", 32 => "uint", _ => "ulong" };
                if (t == "float") Vector("Shuffle", $"Vector128.Shuffle({a}, Vector128.Create(3, 1, 2, 0))");
                else if (t == "double") Vector("Shuffle", $"Vector128.Shuffle({a}, Vector128.Create(1L, 0L))");
                else
                {
                    string cast = t is "sbyte" or "short" or "int" or "long" ? t : index;
                    Vector("Shuffle", $"Vector128.Shuffle({a}, Vector128.Create({string.Join(", ", Enumerable.Range(0, lanes).Select(i => $"({cast}){((i * 7) + 3) % lanes}"))}))");
                    if (bits == 8) Vector("ShuffleNative", $"Vector128.ShuffleNative({a}, B<{cast}>(x, y) & Vector128.Create(({cast}){lanes - 1}))");
                    Vector("ShuffleVariable", $"Vector128.Shuffle({a}, B<{cast}>(x, y) & Vector128.Create(({cast}){lanes - 1}))");
                }
            }

            text.AppendLine($"  [WasmExport(\"v_LoadStore_{t}\")] public static unsafe ulong LoadStore_{t}(ulong x, ulong y) {{ {t}* p = stackalloc {t}[{lanes * 3}]; "
                + $"{a}.Store(p); {b}.Store(p + {lanes}); Unsafe.WriteUnaligned((byte*)(p + {lanes * 2}), {a}); return {fold}(Vector128.Load(p + 1)) ^ {fold}(Unsafe.ReadUnaligned<Vector128<{t}>>((byte*)p + 5 * 0 + sizeof({t}))); }}");
        }

        foreach ((string narrow, string wide) in new[] { ("sbyte", "short"), ("byte", "ushort"), ("short", "int"), ("ushort", "uint"), ("int", "long"), ("uint", "ulong") })
        {
            Method(text, $"WidenLower_{narrow}", $"Fold(Vector128.WidenLower(A<{narrow}>(x, y)))");
            Method(text, $"WidenUpper_{narrow}", $"Fold(Vector128.WidenUpper(A<{narrow}>(x, y)))");
            Method(text, $"Narrow_{wide}", $"Fold(Vector128.Narrow(A<{wide}>(x, y), B<{wide}>(x, y)))");
            Method(text, $"NarrowSaturate_{wide}", $"Fold(Vector128.NarrowWithSaturation(A<{wide}>(x, y), B<{wide}>(x, y)))");
        }

        Method(text, "WidenLower_float", "FoldD(Vector128.WidenLower(F(x, y)))");
        Method(text, "WidenUpper_float", "FoldD(Vector128.WidenUpper(F(x, y)))");
        Method(text, "Narrow_double", "FoldF(Vector128.Narrow(D(x, y), D(y, x)))");
        Method(text, "ToInt32", "Fold(Vector128.ConvertToInt32(F(x, y)))");
        Method(text, "ToUInt32", "Fold(Vector128.ConvertToUInt32(F(x, y)))");
        Method(text, "ToInt64", "Fold(Vector128.ConvertToInt64(D(x, y)))");
        Method(text, "ToUInt64", "Fold(Vector128.ConvertToUInt64(D(x, y)))");
        Method(text, "FromInt32", "FoldF(Vector128.ConvertToSingle(A<int>(x, y)))");
        Method(text, "FromUInt32", "FoldF(Vector128.ConvertToSingle(A<uint>(x, y)))");
        Method(text, "FromInt64", "FoldD(Vector128.ConvertToDouble(A<long>(x, y)))");
        Method(text, "FromUInt64", "FoldD(Vector128.ConvertToDouble(A<ulong>(x, y)))");
        Method(text, "Constant", "Fold(Vector128.Create(1, 2, 3, 4) + A<int>(x, y)) ^ Fold(Vector128.Create((byte)1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16) + A<byte>(y, x))");
        Method(text, "Halves", "Fold(Vector128.Create(A<ulong>(x, y).GetUpper(), A<ulong>(y, x).GetLower()))");
        Method(text, "Reinterpret", "Fold(A<byte>(x, y).AsUInt32() + A<long>(y, x).AsUInt32()) ^ Fold(A<ushort>(x, y).AsInt64())");
        return text.Append('}').ToString();
    }

    private static void Method(StringBuilder text, string name, string expression) =>
        text.AppendLine($"  [WasmExport(\"v_{name}\")] public static ulong {name}(ulong x, ulong y) => {expression};");
}
