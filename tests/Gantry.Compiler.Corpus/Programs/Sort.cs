using System.Runtime.InteropServices;

namespace Gantry.Compiler.Corpus.Programs;

/// <summary>An order as a type, so that generic code is compiled for it.</summary>
public interface IOrder<T>
{
    /// <summary>Whether <paramref name="a"/> stands before <paramref name="b"/>.</summary>
    static abstract bool Less(in T a, in T b);
}

/// <summary>What is sorted.</summary>
public struct Person
{
    public int Id;
    public double Weight;
    public short Age;
    public long Key;
}

/// <summary>By age, then weight descending, then id.</summary>
public readonly struct ByAge : IOrder<Person>
{
    /// <inheritdoc/>
    public static bool Less(in Person a, in Person b) =>
        a.Age != b.Age ? a.Age < b.Age : a.Weight != b.Weight ? a.Weight > b.Weight : a.Id < b.Id;
}

/// <summary>By key.</summary>
public readonly struct ByKey : IOrder<Person>
{
    /// <inheritdoc/>
    public static bool Less(in Person a, in Person b) => a.Key < b.Key;
}

/// <summary>Quicksort with insertion sort for short ranges, and a heap sort.</summary>
public static unsafe class Sort
{
    private static Person* people;

    /// <summary>Sorts <paramref name="count"/> made-up people several ways; a hash of the orders.</summary>
    [WasmExport("program_sort")]
    [Inputs(0, 1)]
    [Inputs(1, 1)]
    [Inputs(17, 2)]
    [Inputs(1000, 2)]
    [Inputs(4095, 1)]
    public static ulong Run(int count, int rounds)
    {
        if (people == null) people = (Person*)NativeMemory.AllocZeroed(4096, (nuint)sizeof(Person));
        var list = new Span<Person>(people, count & 4095);
        ulong state = 88172645463325252;
        ulong hash = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < list.Length; i++)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                list[i] = new Person { Id = i, Weight = (double)(state % 1000) / 8, Age = (short)(state >> 20 & 63), Key = (long)state };
            }

            Quick<Person, ByAge>(list);
            foreach (ref readonly Person person in list) hash = (hash * 31) + (ulong)person.Id;
            Heap<Person, ByKey>(list);
            foreach (ref Person person in list) hash = (hash * 31) + (ulong)person.Id;
        }

        return hash;
    }

    private static void Quick<T, TOrder>(Span<T> list)
        where TOrder : IOrder<T>
    {
        while (list.Length > 16)
        {
            T pivot = list[list.Length / 2];
            int i = 0;
            int j = list.Length - 1;
            while (i <= j)
            {
                while (TOrder.Less(list[i], pivot)) i++;
                while (TOrder.Less(pivot, list[j])) j--;
                if (i > j) break;
                (list[i], list[j]) = (list[j], list[i]);
                i++;
                j--;
            }

            Quick<T, TOrder>(list[..(j + 1)]);
            list = list[i..];
        }

        for (int i = 1; i < list.Length; i++)
        {
            T value = list[i];
            int j = i;
            for (; j > 0 && TOrder.Less(value, list[j - 1]); j--) list[j] = list[j - 1];
            list[j] = value;
        }
    }

    private static void Heap<T, TOrder>(Span<T> list)
        where TOrder : IOrder<T>
    {
        for (int i = (list.Length / 2) - 1; i >= 0; i--) Sift<T, TOrder>(list, i);
        for (int end = list.Length - 1; end > 0; end--)
        {
            (list[0], list[end]) = (list[end], list[0]);
            Sift<T, TOrder>(list[..end], 0);
        }
    }

    private static void Sift<T, TOrder>(Span<T> list, int root)
        where TOrder : IOrder<T>
    {
        for (int child = (root * 2) + 1; child < list.Length; child = (root * 2) + 1)
        {
            if (child + 1 < list.Length && TOrder.Less(list[child], list[child + 1])) child++;
            if (!TOrder.Less(list[root], list[child])) return;
            (list[root], list[child]) = (list[child], list[root]);
            root = child;
        }
    }
}
