using System.Numerics;
using System.Runtime.Intrinsics;

namespace Gantry.Compiler.Corpus.Programs;

/// <summary>Small classics: planets, queens, a checksum, the Mandelbrot set on vectors, shapes with virtual methods.</summary>
public static class Numeric
{
    private struct Body
    {
        public double X, Y, Z, Vx, Vy, Vz, Mass;
    }

    /// <summary>The Benchmarks Game's n-body: the energy's bits after <paramref name="steps"/> steps.</summary>
    [WasmExport("program_nbody")]
    [Inputs(0)]
    [Inputs(1)]
    [Inputs(1000)]
    public static ulong NBody(int steps)
    {
        const double solar = 4 * Math.PI * Math.PI, year = 365.24;
        Span<Body> bodies =
        [
            new Body { Mass = solar },
            new Body
            {
                X = 4.84143144246472090, Y = -1.16032004402742839, Z = -0.103622044471123109, Vx = 0.00166007664274403694 * year,
                Vy = 0.00769901118419740425 * year, Vz = -0.0000690460016972063023 * year, Mass = 0.000954791938424326609 * solar,
            },
            new Body
            {
                X = 8.34336671824457987, Y = 4.12479856412430479, Z = -0.403523417114321381, Vx = -0.00276742510726411899 * year,
                Vy = 0.00499852801234917238 * year, Vz = 0.0000230417297573763929 * year, Mass = 0.000285885980666130812 * solar,
            },
            new Body
            {
                X = 12.8943695621391310, Y = -15.1111514016986312, Z = -0.223307578892655734, Vx = 0.00296460137564761618 * year,
                Vy = 0.00237847173959480950 * year, Vz = -0.0000296589568540237556 * year, Mass = 0.0000436624404335156298 * solar,
            },
        ];
        double px = 0, py = 0, pz = 0;
        foreach (ref readonly Body body in bodies)
        {
            px += body.Vx * body.Mass;
            py += body.Vy * body.Mass;
            pz += body.Vz * body.Mass;
        }

        bodies[0].Vx = -px / solar;
        bodies[0].Vy = -py / solar;
        bodies[0].Vz = -pz / solar;
        for (int step = 0; step < steps; step++)
        {
            for (int i = 0; i < bodies.Length; i++)
            {
                ref Body a = ref bodies[i];
                for (int j = i + 1; j < bodies.Length; j++)
                {
                    ref Body b = ref bodies[j];
                    double dx = a.X - b.X, dy = a.Y - b.Y, dz = a.Z - b.Z;
                    double square = (dx * dx) + (dy * dy) + (dz * dz);
                    double magnitude = 0.01 / (square * Math.Sqrt(square));
                    a.Vx -= dx * b.Mass * magnitude;
                    a.Vy -= dy * b.Mass * magnitude;
                    a.Vz -= dz * b.Mass * magnitude;
                    b.Vx += dx * a.Mass * magnitude;
                    b.Vy += dy * a.Mass * magnitude;
                    b.Vz += dz * a.Mass * magnitude;
                }
            }

            foreach (ref Body body in bodies)
            {
                body.X += 0.01 * body.Vx;
                body.Y += 0.01 * body.Vy;
                body.Z += 0.01 * body.Vz;
            }
        }

        double energy = 0;
        for (int i = 0; i < bodies.Length; i++)
        {
            Body b = bodies[i];
            energy += 0.5 * b.Mass * ((b.Vx * b.Vx) + (b.Vy * b.Vy) + (b.Vz * b.Vz));
            for (int j = i + 1; j < bodies.Length; j++)
            {
                double dx = b.X - bodies[j].X, dy = b.Y - bodies[j].Y, dz = b.Z - bodies[j].Z;
                energy -= b.Mass * bodies[j].Mass / Math.Sqrt((dx * dx) + (dy * dy) + (dz * dz));
            }
        }

        return BitConverter.DoubleToUInt64Bits(energy);
    }

    /// <summary>Solutions of the n-queens problem, on bit boards.</summary>
    [WasmExport("program_queens")]
    [Inputs(1)]
    [Inputs(4)]
    [Inputs(6)]
    [Inputs(8)]
    public static int Queens(int n) => Place((1u << (n & 15)) - 1, 0, 0, 0);

    private static int Place(uint all, uint columns, uint left, uint right)
    {
        if (columns == all) return 1;
        int count = 0;
        for (uint free = all & ~(columns | left | right); free != 0; free &= free - 1)
        {
            uint bit = free & (uint)-(int)free;
            count += Place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
        }

        return count + (BitOperations.PopCount(columns) >> 5);
    }

    private static readonly uint[] Table = MakeTable();

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            table[i] = value;
        }

        return table;
    }

    /// <summary>CRC-32 of <paramref name="length"/> made-up bytes by a table from a static constructor.</summary>
    [WasmExport("program_crc32")]
    [Inputs(0)]
    [Inputs(1)]
    [Inputs(1000)]
    public static uint Crc32(int length)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < length; i++) crc = Table[(byte)(crc ^ (uint)(i * i))] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>The Mandelbrot set, four points at a time: the sum of all iteration counts.</summary>
    [WasmExport("program_mandelbrot")]
    [Inputs(4)]
    [Inputs(60)]
    public static int Mandelbrot(int size)
    {
        int sum = 0;
        size &= 1023;
        for (int y = 0; y < size; y++)
        {
            Vector128<float> ci = Vector128.Create((2f * y / size) - 1f);
            for (int x = 0; x < size; x += 4)
            {
                Vector128<float> cr = (Vector128.Create(x, x + 1f, x + 2f, x + 3f) * (2f / size)) - Vector128.Create(1.5f);
                Vector128<float> zr = Vector128<float>.Zero, zi = Vector128<float>.Zero;
                Vector128<int> counts = Vector128<int>.Zero;
                for (int i = 0; i < 50; i++)
                {
                    Vector128<float> rr = zr * zr, ii = zi * zi;
                    Vector128<int> inside = Vector128.LessThanOrEqual(rr + ii, Vector128.Create(4f)).AsInt32();
                    if (inside == Vector128<int>.Zero) break;
                    counts -= inside;
                    zi = (zr * zi * Vector128.Create(2f)) + ci;
                    zr = rr - ii + cr;
                }

                sum += Vector128.Sum(counts);
            }
        }

        return sum;
    }

    private abstract class Shape
    {
        public abstract double Area { get; }

        public virtual int Corners => 0;
    }

    private sealed class Circle(double radius) : Shape
    {
        public override double Area => radius * radius * Math.PI;
    }

    private class Box(double width, double height) : Shape
    {
        public override double Area => width * height;

        public override int Corners => 4;
    }

    private sealed class Square(double side) : Box(side, side)
    {
        public override int Corners => base.Corners + 100;
    }

    private static readonly Shape[] Shapes = [new Circle(1.5), new Box(2, 3), new Square(4), new Circle(0.25), new Box(1, 1)];

    /// <summary>Areas and corners through virtual calls.</summary>
    [WasmExport("program_shapes")]
    [Inputs(0)]
    [Inputs(1)]
    [Inputs(17)]
    public static double Areas(int rounds)
    {
        double sum = 0;
        for (int i = 0; i < rounds; i++)
        {
            Shape shape = Shapes[i % Shapes.Length];
            sum += shape.Area + shape.Corners;
        }

        return sum;
    }
}
