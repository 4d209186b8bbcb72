namespace Gantry.Images.Layers;

/// <summary>The merged tree while layers are put on it: paths resolved inside the root, entries replaced and hidden.</summary>
internal sealed class TreeBuilder(ImageLimits limits)
{
    private const int MaxSymbolicLinks = 40; // Linux: path_resolution(7), ELOOP.
    private static readonly InodeAttributes ImplicitFolder = new() { Mode = 0x1ed }; // 0755 root:root, 1970.

    // Folders in which this layer has hidden all there was: hiding again is for free, or repeating it would be quadratic.
    private readonly HashSet<DirectoryInode> _cleared = [];
    private long _metadata;
    private int _entries;

    public DirectoryInode Root { get; } = new(ImplicitFolder, null);

    /// <summary>The layer being applied, from 0.</summary>
    public int Layer { get; private set; }

    /// <summary>Goes on to the next layer.</summary>
    public void NextLayer()
    {
        Layer++;
        _cleared.Clear();
    }

    /// <summary>Counts one entry with <paramref name="bytes"/> of names and attributes against the limits.</summary>
    public void Charge(long bytes)
    {
        if (++_entries > limits.MaxEntries) throw new ImageException(ImageError.LimitExceeded, $"the image has more than {limits.MaxEntries} entries");
        if ((_metadata += bytes) > limits.MaxMetadataBytes)
            throw new ImageException(ImageError.LimitExceeded, $"names and attributes of the image take more than {limits.MaxMetadataBytes} bytes");
    }

    /// <summary>
    /// The folder that holds the last of <paramref name="components"/>. Symbolic links on the way are followed as a process
    /// whose root is this tree would (containerd's and umoci's rule): absolute targets start, and <c>..</c> stops, at the root.
    /// Missing folders are made when <paramref name="create"/>; otherwise the result is null.
    /// </summary>
    public DirectoryInode? ResolveParent(List<string> components, bool create, string path)
    {
        var current = Root;
        var rest = new Stack<string>();
        for (var i = components.Count - 2; i >= 0; i--) rest.Push(components[i]);
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name == "..") { current = current.Parent; continue; }
            switch (current.Find(name))
            {
                case DirectoryInode directory:
                    current = directory;
                    break;
                case SymbolicLinkInode link:
                    if (++links > MaxSymbolicLinks) throw new ImageException(ImageError.UnsafePath, $"\"{Printable.OfName(path)}\" passes through too many symbolic links");
                    if (link.Target.StartsWith('/')) current = Root;
                    var parts = link.Target.Split('/');
                    for (var i = parts.Length - 1; i >= 0; i--)
                        if (parts[i] is not ("" or ".")) rest.Push(parts[i]);
                    break;
                case null when !create:
                    return null;
                case null:
                    if (name.Length > 255) throw new ImageException(ImageError.LimitExceeded, $"\"{Printable.OfName(path)}\" needs a folder with too long a name");
                    current = AddDirectory(current, name, ImplicitFolder, path);
                    break;
                default:
                    if (!create) return null;
                    throw new ImageException(ImageError.InvalidArchive, $"\"{Printable.OfName(path)}\": \"{Printable.OfName(name)}\" on the way is not a folder");
            }
        }
        return current;
    }

    /// <summary>Puts a file under a name, in place of whatever was there.</summary>
    public void Put(DirectoryInode parent, string name, Inode inode) => parent.Set(name, inode, Layer);

    /// <summary>Makes a folder, or changes the attributes of the one there and keeps what it holds.</summary>
    public void PutDirectory(DirectoryInode parent, string name, InodeAttributes attributes, string path)
    {
        if (parent.Find(name) is DirectoryInode existing)
        {
            existing.Attributes = attributes;
            parent.Set(name, existing, Layer);
        }
        else AddDirectory(parent, name, attributes, path);
    }

    /// <summary>A whiteout: hides what lower layers put under the name; what this layer put there stays (layer.md "Whiteouts").</summary>
    public void HideLower(DirectoryInode parent, string name)
    {
        if (!parent.Entries.TryGetValue(name, out var entry)) return;
        if (entry.Inode is DirectoryInode directory)
        {
            HideLowerChildren(directory);
            if (entry.Layer < Layer && directory.Entries.Count == 0) parent.Remove(name);
        }
        else if (entry.Layer < Layer) parent.Remove(name);
    }

    /// <summary>An opaque whiteout: hides all that lower layers put in the folder.</summary>
    public void HideLowerChildren(DirectoryInode directory)
    {
        if (!_cleared.Add(directory)) return;
        foreach (var name in directory.Entries.Keys.ToArray()) HideLower(directory, name);
    }

    /// <summary>Counts the names of every inode; the tree is complete.</summary>
    public void CountLinks()
    {
        Root.LinkCount = 2;
        Count(Root);

        static void Count(DirectoryInode directory)
        {
            foreach (var (inode, _) in directory.Entries.Values)
            {
                if (inode is not DirectoryInode child) { inode.LinkCount++; continue; }
                child.LinkCount = 2;
                directory.LinkCount++;
                Count(child); // As deep as MaxDepth.
            }
        }
    }

    private DirectoryInode AddDirectory(DirectoryInode parent, string name, InodeAttributes attributes, string path)
    {
        if (parent.Depth + 1 > limits.MaxDepth)
            throw new ImageException(ImageError.LimitExceeded, $"\"{Printable.OfName(path)}\" is deeper than {limits.MaxDepth} folders");
        Charge(name.Length);
        var directory = new DirectoryInode(attributes, parent);
        parent.Set(name, directory, Layer);
        return directory;
    }
}
