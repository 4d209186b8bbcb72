using System.Text.Json.Nodes;

namespace Gantry.Images.Tests;

/// <summary>Documents that are still JSON but say other things: where the mistakes of readers are, which random bytes seldom reach.</summary>
internal sealed class JsonMutator(Random random)
{
    private const int MostChanges = 3;

    // Values of every type, at the edges of what readers expect.
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "1e400", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "4294967296", "\"\"", "\"\\u0000\"", "\"\\u001b[31m\"",
        "\"../../etc/passwd\"", "\"/\"", "\"sha256:\"", "\"linux\"", "[]", "{}", "[null]", "[[]]", "{\"\":null}", "{\"a\":{}}", "[\"a\",null,1]",
    ];

    /// <summary>A copy of <paramref name="document"/> with one to three values replaced, removed, doubled or put elsewhere.</summary>
    public JsonNode Mutate(JsonNode document)
    {
        var copy = document.DeepClone();
        for (var changes = random.Next(1, MostChanges + 1); changes > 0; changes--)
        {
            var places = new List<(JsonNode Parent, string? Name, int Index)>();
            Collect(copy, places);
            if (places.Count == 0) break;
            Change(places[random.Next(places.Count)], copy);
        }

        return copy;
    }

    private void Change((JsonNode Parent, string? Name, int Index) place, JsonNode document)
    {
        var action = random.Next(8);
        if (place.Parent is JsonObject members)
        {
            if (action == 0) members.Remove(place.Name!);
            else members[place.Name!] = action == 1 ? document.DeepClone() : Value();
            return;
        }

        var items = (JsonArray)place.Parent;
        if (action == 0) items.RemoveAt(place.Index);
        else if (action == 1) items.Insert(place.Index, items[place.Index]?.DeepClone());
        else items[place.Index] = Value();
    }

    private JsonNode? Value() => random.Next(30) == 0 ? new string('x', 70_000) : JsonNode.Parse(Values[random.Next(Values.Length)]);

    private static void Collect(JsonNode? node, List<(JsonNode Parent, string? Name, int Index)> places)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                places.Add((node, name, 0));
                Collect(value, places);
            }
        }
        else if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                places.Add((node, null, i));
                Collect(items[i], places);
            }
        }
    }
}
